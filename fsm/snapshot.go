package fsm

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"log/slog"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
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
// Rows stand in the order of their key, tables in the order of their numbers. Equal states give
// equal bytes.
const (
	snapshotMagic   = "GANTRYST"
	snapshotVersion = 1
)

// The tables in a snapshot. What state derives from them (indexes, usage) is not written. Never
// reuse or renumber one.
const (
	tableEnd             = 0
	tableClusters        = 1
	tableTaskDefinitions = 2
	tableRevisions       = 3
	tableInstances       = 4
	tableJobs            = 5
	tableTasks           = 6
	tableEvaluations     = 7
	tableTags            = 8
	tableJobVersions     = 9
	tableDeployments     = 10
	tableServiceEvents   = 11
	tableRooms           = 12
	tableProviders       = 14
	tableAccessKeys      = 17
	tableBootstrap       = 18
	tableAccountSettings = 40
)

// revisionRow is the last revision that a family ever had.
type revisionRow struct {
	Family string `cbor:"1,keyasint"`
	Last   int32  `cbor:"2,keyasint"`
}

// tagsRow is the tags of one resource.
type tagsRow struct {
	Resource structs.ResourceKey `cbor:"1,keyasint"`
	Tags     []structs.Tag       `cbor:"2,keyasint"`
}

// roomRow is the raft index at which room last appeared in a cluster.
type roomRow struct {
	Cluster string `cbor:"1,keyasint"`
	Index   uint64 `cbor:"2,keyasint"`
}

// checksums is CRC-32C, which processors compute themselves.
var checksums = crc32.MakeTable(crc32.Castagnoli)

// Snapshot takes the state as it is, at no cost; Persist writes it while entries go on being
// applied.
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
		sink.Cancel() // the first error is the one to tell
		return fmt.Errorf("persist snapshot of index %d: %w", s.state.Index(), err)
	}
	s.logger.Info("state written to a snapshot", "index", s.state.Index(), "records", records)
	return nil
}

// Release has nothing to let go.
func (s *snapshot) Release() {}

// writeSnapshot writes a state in the form above.
func writeSnapshot(to io.Writer, s *state.Snapshot) (records uint64, err error) {
	w := &rowWriter{to: bufio.NewWriterSize(to, 1<<18)}
	header := binary.BigEndian.AppendUint16([]byte(snapshotMagic), snapshotVersion)
	w.write(binary.BigEndian.AppendUint64(header, s.Index()))

	writeRows(w, tableClusters, s.Clusters())
	writeRows(w, tableTaskDefinitions, s.TaskDefinitions())
	for family, last := range s.Revisions() {
		w.row(tableRevisions, revisionRow{Family: family, Last: last})
	}
	writeRows(w, tableInstances, s.AllInstances())
	writeRows(w, tableJobs, s.AllJobs())
	writeRows(w, tableTasks, s.AllTasks())
	writeRows(w, tableEvaluations, s.Evaluations())
	for resource, tags := range s.AllTags() {
		w.row(tableTags, tagsRow{Resource: resource, Tags: tags})
	}
	for j := range s.AllJobVersions() {
		w.row(tableJobVersions, structs.JobVersion{Job: *j})
	}
	writeRows(w, tableDeployments, s.AllDeployments())
	writeRows(w, tableServiceEvents, s.AllServiceEvents())
	for cluster, index := range s.Rooms() {
		w.row(tableRooms, roomRow{Cluster: cluster, Index: index})
	}
	writeRows(w, tableProviders, s.CapacityProviders())
	writeRows(w, tableAccessKeys, s.AccessKeys())
	if b := s.Bootstrap(); b != nil {
		w.row(tableBootstrap, b)
	}
	writeRows(w, tableAccountSettings, s.AccountSettings())

	w.write(binary.BigEndian.AppendUint64([]byte{tableEnd}, w.records))
	w.write(binary.BigEndian.AppendUint32(nil, w.checksum))
	if w.err != nil {
		return w.records, w.err
	}
	return w.records, w.to.Flush()
}

func writeRows[R any](w *rowWriter, table byte, rows iter.Seq[R]) {
	for r := range rows {
		w.row(table, r)
		if w.err != nil {
			return
		}
	}
}

// rowWriter writes records, and nothing more after the first error.
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
