package agent

import (
	"context"
	"time"
)

const (
	// beatInterval is how often the agent shows that it is there. Servers take it for lost after three that are missed.
	beatInterval = time.Second
	// beatTimeout bounds one beat; a server that does not answer two in a row is left for another.
	beatTimeout = 800 * time.Millisecond
	beatFailed  = 2
)

// beat shows the server of a stream that the agent is there, until ctx ends. It closes a stream whose server does not answer.
func (a *Agent) beat(ctx context.Context, stream Stream) {
	tick := time.NewTicker(beatInterval)
	defer tick.Stop()
	failed := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		one, cancel := context.WithTimeout(ctx, beatTimeout)
		err := a.cfg.Server.Beat(one, a.instance)
		cancel()
		if err == nil {
			failed = 0
			continue
		}
		if failed++; failed == beatFailed {
			a.log.Warn("the server does not answer; looking for another", "error", err)
			stream.Close()
			return
		}
	}
}
