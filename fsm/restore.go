package fsm

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"github.com/gantry-project/gantry/state"
)

// Restore replaces the present state with that of a snapshot. On an error the present state is
// kept.
func (f *FSM) Restore(from io.ReadCloser) error {
	defer from.Close()
	restored, read, err := readSnapshot(from, f.store.Snapshot().Nouns())
	if err != nil {
		return fmt.Errorf("restore snapshot: %w", err)
	}
	f.store.Replace(restored)
	f.logger.Info("state restored from a snapshot", "index", f.store.Snapshot().Index(), "records", read.records)
	return nil
}

// readSnapshot returns a new store of some nouns with the rows that writeSnapshot wrote.
func readSnapshot(from io.Reader, nouns []state.Noun) (*state.Store, *rowReader, error) {
	r := &rowReader{from: bufio.NewReaderSize(from, 1<<18), strings: interner{}}
	for _, n := range nouns {
		r.nouns[n.Table()] = n
	}
	index, err := r.header()
	if err != nil {
		return nil, nil, err
	}
	store, err := state.Load(nouns, index, r.rows)
	return store, r, err
}

// rowReader reads records and keeps a checksum of the bytes read.
type rowReader struct {
	from     *bufio.Reader
	nouns    [256]state.Noun // by table
	strings  interner
	body     bytes.Buffer
	head     []byte
	records  uint64
	counts   [256]uint64 // records, by table
	checksum uint32
}

func (r *rowReader) header() (index uint64, err error) {
	head, err := r.read(uint64(len(snapshotMagic)) + 2 + 8)
	if err != nil {
		return 0, err
	}
	magic, numbers := head[:len(snapshotMagic)], head[len(snapshotMagic):]
	if string(magic) != snapshotMagic {
		return 0, errors.New("this is not a snapshot of Gantry")
	}
	if version := binary.BigEndian.Uint16(numbers); version != snapshotVersion {
		return 0, fmt.Errorf("its format has version %d and this version of Gantry reads %d: "+
			"a newer version of Gantry wrote it", version, snapshotVersion)
	}
	return binary.BigEndian.Uint64(numbers[2:]), nil
}

// rows loads every record into a new state and then checks the end.
func (r *rowReader) rows(l *state.Loading) error {
	for {
		table, err := r.tableNumber()
		if err != nil {
			return err
		}
		if table == tableEnd {
			return r.end()
		}
		body, err := r.row()
		if err != nil {
			return err
		}
		noun := r.nouns[table]
		if noun == nil {
			return fmt.Errorf("record %d is of table %d: "+
				"it is damaged, or a newer version of Gantry wrote it", r.records, table)
		}
		row := noun.NewRow()
		if err := decoding.Unmarshal(body, row); err != nil {
			return fmt.Errorf("it is damaged: decode record %d, of table %d: %w", r.records, table, err)
		}
		r.strings.row(row)
		l.Put(noun, row)
		r.records++
		r.counts[table]++
	}
}

func (r *rowReader) tableNumber() (byte, error) {
	head, err := r.read(1)
	if err != nil {
		return 0, err
	}
	return head[0], nil
}

// row reads the length and the body of a record. The body is valid until the next read.
func (r *rowReader) row() ([]byte, error) {
	length, err := binary.ReadUvarint(r.from)
	if err != nil {
		return nil, r.short(err)
	}
	r.head = binary.AppendUvarint(r.head[:0], length)
	r.checksum = crc32.Update(r.checksum, checksums, r.head)
	return r.read(length)
}

// end checks the count and the checksum, and that nothing follows.
func (r *rowReader) end() error {
	count, err := r.read(8)
	if err != nil {
		return err
	}
	if n := binary.BigEndian.Uint64(count); n != r.records {
		return fmt.Errorf("it is damaged: it has %d records and should have %d", r.records, n)
	}
	want := r.checksum
	sum, err := r.read(4)
	if err != nil {
		return err
	}
	if binary.BigEndian.Uint32(sum) != want {
		return errors.New("it is damaged: its checksum is wrong")
	}
	if _, err := r.from.ReadByte(); err != io.EOF {
		return errors.New("it is damaged: more bytes follow its end")
	}
	return nil
}

// read returns the next n bytes, valid until the next read. A damaged, huge length takes no more
// memory than the snapshot has bytes.
func (r *rowReader) read(n uint64) ([]byte, error) {
	r.body.Reset()
	if _, err := io.CopyN(&r.body, r.from, int64(min(n, math.MaxInt64))); err != nil {
		return nil, r.short(err)
	}
	r.checksum = crc32.Update(r.checksum, checksums, r.body.Bytes())
	return r.body.Bytes(), nil
}

// short returns an error for a snapshot that is cut short.
func (r *rowReader) short(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("it breaks off after %d records: %w", r.records, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("read after %d records: %w", r.records, err)
}
