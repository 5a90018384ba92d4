package link

import (
	"context"
	"time"

	"github.com/gantry-project/gantry/agent/wait"
)

const (
	// beatInterval is how often the agent shows that it is there. Servers take it for lost after
	// three that are missed.
	beatInterval = time.Second
	// fencedBeat is the interval of an agent that kills its tasks when the leader does not hear of
	// it: the sooner it knows that it does, the longer may a server be away.
	fencedBeat = 250 * time.Millisecond
	// beatTimeout bounds one beat. One that fails is soon sent again, and a server that fails two
	// in a row is left for another. Of a server that vanished it knows after 2.3 s, early enough to
	// beat elsewhere within its lease. One that answers late is kept: it has much to do, and those
	// to which its agents would go have no less.
	beatTimeout = 600 * time.Millisecond
	beatAgain   = 100 * time.Millisecond
	beatFailed  = 2
)

// beat shows the server of a stream that the agent is there, at once and then again and again,
// until ctx ends. It closes a stream whose server does not answer.
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
