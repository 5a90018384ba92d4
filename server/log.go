package server

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"github.com/hashicorp/go-hclog"
)

// raftLogger makes the logger that raft writes to; its lines go to ours.
func raftLogger(to *slog.Logger) hclog.Logger {
	l := hclog.NewInterceptLogger(&hclog.LoggerOptions{Name: "raft", Level: hclog.Debug, Output: io.Discard})
	l.RegisterSink(slogSink{to})
	return l
}

// slogSink passes hclog's lines on to slog.
type slogSink struct{ to *slog.Logger }

// firstElection is how raft warns of what happens at every start of a cluster.
const firstElection = "heartbeat timeout reached, starting election"

// Accept takes one line (hclog.SinkAdapter). What raft calls info is a detail to the people who run Gantry.
func (s slogSink) Accept(name string, level hclog.Level, msg string, args ...any) {
	to := slog.LevelDebug
	switch level {
	case hclog.Warn:
		to = slog.LevelWarn
	case hclog.Error:
		to = slog.LevelError
	}
	args = slices.Clone(args) // they are the caller's
	for i, a := range args {
		if f, ok := a.(hclog.Format); ok && len(f) > 0 {
			args[i] = fmt.Sprintf(f[0].(string), f[1:]...) // hclog.Fmt puts the format first
		}
	}
	if msg == firstElection {
		to = slog.LevelDebug
	}
	s.to.Log(context.Background(), to, name+": "+msg, args...)
}
