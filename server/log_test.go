package server_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/gantry-project/gantry/server"
)

func TestRaftLogger(t *testing.T) {
	var out bytes.Buffer
	withoutTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	log := server.RaftLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: withoutTime})))
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
