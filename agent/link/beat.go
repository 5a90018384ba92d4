package link

import (
	"context"
	"time"

	"github.com/gantry-project/gantry/agent/wait"
)

const (
	// beatInterval is how often the agent shows that it is alive. After three missed beats, servers
	// count it as lost.
	beatInterval = time.Second
	// fencedBeat is the interval if Config.Fenced is set.
	fencedBeat = 250 * time.Millisecond
	// beatTimeout limits one beat. A beat that failed is sent again after beatAgain, and after
	// beatFailed in a row the agent leaves the server for another. So it notices after 2.3 s that a
	// server has vanished, early enough to beat elsewhere within its lease. It stays with a server
	// that answers late: that server is busy, and the others are too.
	beatTimeout = 600 * time.Millisecond
	beatAgain   = 100 * time.Millisecond
	beatFailed  = 2
)

// beat shows the server of a stream that the agent is alive, at once and then at intervals, until
// ctx ends. It closes the stream if the server does not answer.
func (l *Link) beat(ctx context.Context, stream Stream) {
	failed, interval := 0, beatInterval
	if l.cfg.Fenced {
		interval = fencedBeat
	}
	for pause := time.Duration(0); wait.Sleep(ctx, pause); {
		sent := time.Now()
		one, cancel := context.WithTimeout(ctx, beatTimeout)
		heard, err := l.cfg.Server.Beat(one, l.cfg.Instance)
		late := wait.TooLate(one)
		cancel()
		if err == nil {
			l.lease.heard(heard)
			failed, pause = 0, interval-time.Since(sent)
			continue
		}
		pause = beatAgain
		if late {
			continue
		}
		if failed++; failed == beatFailed {
			l.log.Warn("the server does not answer; looking for another", "error", err)
			stream.Close()
			return
		}
	}
}
