package fsm

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"slices"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/state"
)

// A snapshot on disk is, numbers big endian:
//
//	magic            8 bytes
//	format version   2 bytes
//	raft index       8 bytes
//	records          each: table 1 byte (never 0), length as a uvarint, a row in CBOR of that length
//	end              1 byte, 0
//	record count     8 bytes
//	checksum         4 bytes, CRC-32C of everything before it
//
// Rows are in the order of their key, tables in the order of their numbers. Equal states give equal
// bytes.
const (
	snapshotMagic   = "GANTRYST"
	snapshotVersion = 1
)

// tableEnd takes the place of a table's number after the last record. The numbers of tables are
// declared with the nouns in state. Data that state derives from rows (indexes, usage) is not
// written.
const tableEnd = 0

// checksums is the table of CRC-32C, which processors compute in hardware.
var checksums = crc32.MakeTable(crc32.Castagnoli)

// Snapshot takes the present state at no cost. Persist writes it while further entries are applied.
func (f *FSM) Snapshot() (raft.FSMSnapshot, error) {
	return &snapshot{state: f.store.Snapshot(), logger: f.logger}, nil
}

type snapshot struct {
	state  *state.Snapshot
	logger *slog.Logger
}

// Persist writes the snapshot and closes the sink, or cancels it on an error.
func (s *snapshot) Persist(sink raft.SnapshotSink) error {
	records, err := writeSnapshot(sink, s.state)
	if err == nil {
		err = sink.Close()
	}
	if err != nil {
		sink.Cancel() // the first error is the one to return
		return fmt.Errorf("persist snapshot of index %d: %w", s.state.Index(), err)
	}
	s.logger.Info("state written to a snapshot", "index", s.state.Index(), "records", records)
	return nil
}

// Release has nothing to release.
func (s *snapshot) Release() {}

// writeSnapshot writes a state in the format above.
func writeSnapshot(to io.Writer, s *state.Snapshot) (records uint64, err error) {
	w := &rowWriter{to: bufio.NewWriterSize(to, 1<<18)}
	header := binary.BigEndian.AppendUint16([]byte(snapshotMagic), snapshotVersion)
	w.write(binary.BigEndian.AppendUint64(header, s.Index()))

	for _, noun := range byTable(s.Nouns()) {
		for row := range noun.All(s) {
			if w.row(noun.Table(), row); w.err != nil {
				return w.records, w.err
			}
		}
	}

	w.write(binary.BigEndian.AppendUint64([]byte{tableEnd}, w.records))
	w.write(binary.BigEndian.AppendUint32(nil, w.checksum))
	if w.err != nil {
		return w.records, w.err
	}
	return w.records, w.to.Flush()
}

// byTable returns nouns in the order of their tables.
func byTable(nouns []state.Noun) []state.Noun {
	return slices.SortedFunc(slices.Values(nouns), func(a, b state.Noun) int {
		return cmp.Compare(a.Table(), b.Table())
	})
}

// rowWriter writes records, and nothing after the first error.
type rowWriter struct {
	to       *bufio.Writer
	body     bytes.Buffer // the row being encoded
	head     []byte
	records  uint64
	checksum uint32
	err      error
}

func (w *rowWriter) row(table byte, row any) {
	if w.err != nil {
		return
	}
	w.body.Reset()
	if w.err = encoding.MarshalToBuffer(row, &w.body); w.err != nil {
		return
	}
	w.head = binary.AppendUvarint(append(w.head[:0], table), uint64(w.body.Len()))
	w.write(w.head)
	w.write(w.body.Bytes())
	w.records++
}

func (w *rowWriter) write(b []byte) {
	if w.err == nil {
		w.checksum = crc32.Update(w.checksum, checksums, b)
		_, w.err = w.to.Write(b)
	}
}
