package link

import (
	"context"
	"errors"
	"fmt"

	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
)

// Register tells the servers of this machine, again and again while none can be reached. It fails
// when a server refuses the registration. No stream begins before the answer, which has the version
// of the registration: a server that is behind does not know all that an earlier process ran here.
func (l *Link) Register(ctx context.Context, in structs.ContainerInstance) error {
	l.health.now = in.Runtime
	b := wait.Backoff{Most: leaseWait}
	for {
		answer, err := l.cfg.Server.Register(ctx, in)
		if err == nil {
			in.Version = answer.Version
			l.registration = in
			l.log.Info("registered the container instance")
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if refusal(err) {
			return fmt.Errorf("register the container instance: %w", err)
		}
		l.log.Warn("cannot register the container instance yet; trying again", "error", err)
		if !b.Wait(ctx) {
			return ctx.Err()
		}
	}
}

// registerAgain registers the instance with a server that does not know it any more: it was
// deregistered and then forgotten, or the server began anew, with a state that is younger than what
// this agent has seen. What fails is tried again with the next stream.
func (l *Link) registerAgain(ctx context.Context) {
	l.registration.Runtime = l.health.current()
	answer, err := l.cfg.Server.Register(ctx, l.registration)
	if err != nil {
		l.log.Warn("cannot register the container instance again", "error", err)
		return
	}
	l.registration.Version, l.index = answer.Version, 0
	wait.Nudge(l.health.news) // it may have changed meanwhile
	l.log.Info("registered the container instance again: the server had forgotten it")
}

// refusal says whether a server blamed the request: asking again would give the same answer.
func refusal(err error) bool {
	e, ok := errors.AsType[*structs.Error](err)
	return ok && e.Kind != structs.KindUnavailable && e.Kind != structs.KindInternal
}
