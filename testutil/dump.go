package testutil

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/state"
)

// snapshotHeader and snapshotTrailer are the bytes before and after the records of a snapshot
// (fsm/snapshot.go).
const (
	snapshotHeader  = 18
	snapshotTrailer = 12
)

// WriteSnapshot writes a state the way a server writes it to disk.
func WriteSnapshot(t testing.TB, s *state.Store) []byte {
	t.Helper()
	snapshot, err := fsm.New(fsm.Config{Store: s, Logger: slog.New(slog.DiscardHandler)}).Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	sink := &memorySink{}
	if err := snapshot.Persist(sink); err != nil {
		t.Fatal(err)
	}
	return sink.Bytes()
}

// memorySink implements raft.SnapshotSink.
type memorySink struct{ bytes.Buffer }

var _ raft.SnapshotSink = (*memorySink)(nil)

func (*memorySink) Close() error  { return nil }
func (*memorySink) Cancel() error { return nil }
func (*memorySink) ID() string    { return "memory" }

// StateOf returns what a server knows, which may be a moment old. It needs no leader, and works
// after the server has stopped.
func StateOf(t testing.TB, c *control.Control) *state.Snapshot {
	t.Helper()
	snap, err := c.Read(control.AllowStale(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

// Dump returns a state without its index as text, one row a line, for tests to compare and people
// to read. It has everything that a snapshot holds, and the usage of each instance, which state
// derives.
func Dump(t testing.TB, s *state.Store) string {
	t.Helper()
	var text strings.Builder
	raw := WriteSnapshot(t, s)
	for rest := raw[snapshotHeader : len(raw)-snapshotTrailer]; len(rest) > 1; {
		length, n := binary.Uvarint(rest[1:])
		row := rest[1+n:][:length]
		notation, err := cbor.Diagnose(row)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "table %d: %s\n", rest[0], notation)
		rest = rest[1+n+int(length):]
	}
	snap := s.Snapshot()
	for i := range snap.AllInstances() {
		fmt.Fprintf(&text, "usage of %s: %+v\n", i.ID, *snap.Usage(i.ID))
	}
	return text.String()
}
