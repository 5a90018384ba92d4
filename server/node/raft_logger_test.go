package node

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/gantry-project/gantry/testutil/faketime"
)

// raftLines returns a logger for raft and the lines that it logs, without the time.
func raftLines() (hclog.Logger, *bytes.Buffer) {
	var out bytes.Buffer
	withoutTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	handler := slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: withoutTime})
	return raftLogger(slog.New(handler)), &out
}

func TestRaftLogger(t *testing.T) {
	log, out := raftLines()
	args := []any{"servers", hclog.Fmt("%d of %s", 3, "five"), "index", 7}
	log.Info("initial configuration", args...)
	log.Error("failed to heartbeat", "backoff time", "10ms")
	log.Warn("heartbeat timeout reached, starting election")
	log.Warn("unable to get address", "id", "b")
	log.With("peer", "c").Named("snapshot").Debug("reaping")
	want := `level=DEBUG msg="raft: initial configuration" servers="3 of five" index=7
level=ERROR msg="raft: failed to heartbeat" "backoff time"=10ms
level=DEBUG msg="raft: heartbeat timeout reached, starting election"
level=WARN msg="raft: unable to get address" id=b
level=DEBUG msg="raft.snapshot: reaping" peer=c
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("lines differ (-want +got):\n%s", diff)
	}
	if _, ok := args[1].(hclog.Format); !ok {
		t.Error("the caller's arguments were changed")
	}
}

// A line that raft repeats about a peer that is down is logged once a minute.
func TestRaftRepeatsItself(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		log, out := raftLines()
		for _, wait := range []time.Duration{0, time.Second, time.Second, time.Minute} {
			time.Sleep(wait)
			log.Error("failed to heartbeat to", "peer", "b", "backoff time", wait)
		}
		log.Error("failed to heartbeat to", "peer", "c")
		log.Error("failed to appendEntries to", "peer", "b")
		want := `level=ERROR msg="raft: failed to heartbeat to" peer=b "backoff time"=0s
level=DEBUG msg="raft: failed to heartbeat to" peer=b "backoff time"=1s
level=DEBUG msg="raft: failed to heartbeat to" peer=b "backoff time"=1s
level=ERROR msg="raft: failed to heartbeat to" peer=b "backoff time"=1m0s repeated=2
level=ERROR msg="raft: failed to heartbeat to" peer=c
level=ERROR msg="raft: failed to appendEntries to" peer=b
`
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("lines differ (-want +got):\n%s", diff)
		}
	})
}
