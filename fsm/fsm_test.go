package fsm

import (
	"strings"
	"testing"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/structs"
)

// TestUndecodableEntryStops: a server that skipped an entry that others apply would diverge from
// them.
func TestUndecodableEntryStops(t *testing.T) {
	h := newHarness(t)
	defer func() {
		said, _ := recover().(string)
		if !strings.Contains(said, "raft entry 7") || !strings.Contains(said, "newer version of Gantry") {
			t.Errorf("stopped with %q, want the entry and the cause", said)
		}
		if h.snap().Index() != 0 {
			t.Error("the entry counts as applied")
		}
	}()
	h.fsm.Apply(&raft.Log{Index: 7, Data: seal([]byte{99})})
}

func TestRefusedCommandMovesTheIndex(t *testing.T) {
	h := newHarness(t)
	h.refused(structs.DeleteCluster{Cluster: "none"}, structs.KindClusterNotFound, "")
	if h.snap().Index() != 1 {
		t.Errorf("index %d after a refused entry 1: readers that wait for it would wait for ever", h.snap().Index())
	}
}
