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
	"github.com/gantry-project/gantry/structs"
)

// Restore puts the state of a snapshot in place of the present one. On an error the present state
// stands untouched.
func (f *FSM) Restore(from io.ReadCloser) error {
	defer from.Close()
	restored, records, err := readSnapshot(from)
	if err != nil {
		return fmt.Errorf("restore snapshot: %w", err)
	}
	f.store.Replace(restored)
	f.logger.Info("state restored from a snapshot", "index", f.store.Snapshot().Index(), "records", records)
	return nil
}

// readSnapshot builds a new store from what writeSnapshot wrote.
func readSnapshot(from io.Reader) (*state.Store, uint64, error) {
	r := &rowReader{from: bufio.NewReaderSize(from, 1<<18), strings: interner{}}
	index, err := r.header()
	if err != nil {
		return nil, 0, err
	}
	store, err := state.Load(index, r.rows)
	return store, r.records, err
}

// loaders put a row of each table into a new state.
var loaders = map[byte]func(*state.Loading, []byte, interner) error{
	tableClusters:        load((*state.Loading).PutCluster, nil),
	tableTaskDefinitions: load((*state.Loading).PutTaskDefinition, nil),
	tableRevisions:       load(putRevision, nil),
	tableInstances:       load((*state.Loading).PutInstance, interner.instance),
	tableJobs:            load((*state.Loading).PutJob, interner.job),
	tableTasks:           load((*state.Loading).PutTask, interner.task),
	tableEvaluations:     load((*state.Loading).PutEvaluation, interner.evaluation),
	tableTags:            load(putTags, nil),
	tableJobVersions:     load(putJobVersion, internVersion),
	tableDeployments:     load((*state.Loading).PutDeployment, interner.deployment),
	tableServiceEvents:   load((*state.Loading).PutServiceEvents, nil),
	tableRooms:           load(putRoom, nil),
	tableProviders:       load((*state.Loading).PutCapacityProvider, nil),
	tableAccessKeys:      load((*state.Loading).PutAccessKey, nil),
	tableBootstrap:       load((*state.Loading).PutBootstrap, nil),
	tableAccountSettings: load((*state.Loading).PutAccountSetting, nil),
}

func putRevision(l *state.Loading, r *revisionRow) { l.PutRevision(r.Family, r.Last) }
func putTags(l *state.Loading, r *tagsRow)         { l.PutTags(r.Resource, r.Tags) }
func putRoom(l *state.Loading, r *roomRow)         { l.PutRoom(r.Cluster, r.Index) }

func putJobVersion(l *state.Loading, v *structs.JobVersion) { l.PutJobVersion(&v.Job) }
func internVersion(in interner, v *structs.JobVersion)      { in.job(&v.Job) }

// load makes a loader; share, where there is one, puts shared strings in place of the row's own.
func load[R any](put func(*state.Loading, *R), share func(interner, *R)) func(*state.Loading, []byte, interner) error {
	return func(l *state.Loading, body []byte, strings interner) error {
		row := new(R)
		if err := decoding.Unmarshal(body, row); err != nil {
			return err
		}
		if share != nil {
			share(strings, row)
		}
		put(l, row)
		return nil
	}
}

// rowReader reads records and keeps the checksum of what it has read.
type rowReader struct {
	from     *bufio.Reader
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
		return 0, errors.New("this is no snapshot of Gantry")
	}
	if version := binary.BigEndian.Uint16(numbers); version != snapshotVersion {
		return 0, fmt.Errorf("its format has version %d and this version of Gantry reads %d: a newer version of Gantry wrote it",
			version, snapshotVersion)
	}
	return binary.BigEndian.Uint64(numbers[2:]), nil
}

// rows puts every record into a new state and checks the end.
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
		loader, ok := loaders[table]
		if !ok {
			return fmt.Errorf("record %d is of table %d: it is damaged, or a newer version of Gantry wrote it", r.records, table)
		}
		if err := loader(l, body, r.strings); err != nil {
			return fmt.Errorf("it is damaged: decode record %d, of table %d: %w", r.records, table, err)
		}
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
		return errors.New("it is damaged: something follows its end")
	}
	return nil
}

// read gives the next n bytes, valid until the next read. A length that damage made huge costs no
// more memory than the snapshot has bytes.
func (r *rowReader) read(n uint64) ([]byte, error) {
	r.body.Reset()
	if _, err := io.CopyN(&r.body, r.from, int64(min(n, math.MaxInt64))); err != nil {
		return nil, r.short(err)
	}
	r.checksum = crc32.Update(r.checksum, checksums, r.body.Bytes())
	return r.body.Bytes(), nil
}

// short says where the snapshot breaks off.
func (r *rowReader) short(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("it breaks off after %d records: %w", r.records, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("read after %d records: %w", r.records, err)
}
