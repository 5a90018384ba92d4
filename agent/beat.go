package agent

import (
	"context"
	"time"
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
	// beatBehind is how much later than it should an agent may find that a beat failed, for that to
	// be of account. A machine that is further behind may have the answer, and would be no better
	// off with another server.
	beatBehind = 300 * time.Millisecond
)

// behind says whether the end of a call's time was noticed late.
func behind(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Since(deadline) > beatBehind
}

// beat shows the server of a stream that the agent is there, at once and then again and again,
// until ctx ends. It closes a stream whose server does not answer.
func (a *Agent) beat(ctx context.Context, stream Stream) {
	failed, interval := 0, beatInterval
	if a.cfg.StopOnDisconnect {
		interval = fencedBeat
	}
	for pause := time.Duration(0); pauseFor(ctx, pause); {
		sent := time.Now()
		one, cancel := context.WithTimeout(ctx, beatTimeout)
		heard, err := a.cfg.Server.Beat(one, a.instance)
		late := behind(one)
		cancel()
		if err == nil {
			a.fence.heard(heard)
			failed, pause = 0, interval-time.Since(sent)
			continue
		}
		pause = beatAgain
		if late {
			continue
		}
		if failed++; failed == beatFailed {
			a.log.Warn("the server does not answer; looking for another", "error", err)
			stream.Close()
			return
		}
	}
}
