package node

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// raftLogger returns a logger for raft, whose lines go to ours.
func raftLogger(to *slog.Logger) hclog.Logger {
	l := hclog.NewInterceptLogger(&hclog.LoggerOptions{Name: "raft", Level: hclog.Debug, Output: io.Discard})
	l.RegisterSink(&slogSink{to: to, told: map[string]*repeated{}})
	return l
}

// repeatAfter is how often a warning that raft repeats is logged as a warning. For a peer that is
// down, raft repeats it ten times a second. In between it is logged at debug level.
const repeatAfter = time.Minute

// slogSink passes hclog's lines on to slog. Safe for concurrent use.
type slogSink struct {
	to *slog.Logger

	mu   sync.Mutex
	told map[string]*repeated // by message and peer: a few for each peer that ever existed
}

// repeated is a warning that was logged.
type repeated struct {
	at    time.Time
	since int // how often it was repeated since
}

// about holds the keys of arguments that name the peer which a line is about.
var about = map[any]bool{"peer": true, "target": true, "server-id": true, "candidate": true, "from": true, "id": true}

// news reports whether a warning should be logged, and how often it was withheld before.
func (s *slogSink) news(msg string, args []any) (isNews bool, withheld int) {
	key := msg
	for i := 0; i+1 < len(args); i += 2 {
		if about[args[i]] {
			key += fmt.Sprint(" ", args[i+1])
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, now := s.told[key], time.Now()
	if r != nil && now.Sub(r.at) < repeatAfter {
		r.since++
		return false, 0
	}
	if r != nil {
		withheld = r.since
	}
	s.told[key] = &repeated{at: now}
	return true, withheld
}

// firstElection is raft's warning about something that happens at every start of a cluster.
const firstElection = "heartbeat timeout reached, starting election"

// Accept logs one line (hclog.SinkAdapter). Raft's info lines are details to people who run Gantry.
func (s *slogSink) Accept(name string, level hclog.Level, msg string, args ...any) {
	to := slog.LevelDebug
	switch level {
	case hclog.Warn:
		to = slog.LevelWarn
	case hclog.Error:
		to = slog.LevelError
	}
	args = slices.Clone(args) // the original is the caller's
	for i, a := range args {
		if f, ok := a.(hclog.Format); ok && len(f) > 0 {
			args[i] = fmt.Sprintf(f[0].(string), f[1:]...) // hclog.Fmt has the format first
		}
	}
	if msg == firstElection {
		to = slog.LevelDebug
	}
	if to > slog.LevelDebug {
		switch isNews, withheld := s.news(msg, args); {
		case !isNews:
			to = slog.LevelDebug
		case withheld > 0:
			args = append(args, "repeated", withheld)
		}
	}
	s.to.Log(context.Background(), to, name+": "+msg, args...)
}
