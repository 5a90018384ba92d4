package link

import (
	"context"
	"errors"
	"fmt"

	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
)

// Register registers the instance, and retries as long as no server can be reached. It fails if a
// server refuses the registration. The answer has a version, which requests for streams carry: a
// server that lags does not know everything that an earlier process ran here.
func (l *Link) Register(ctx context.Context, in structs.ContainerInstance) error {
	l.health.now = in.Runtime
	b := wait.Backoff{Most: leaseWait}
	for {
		answer, err := l.cfg.Server.Register(ctx, in)
		if err == nil {
			in.Version = answer.Version
			l.registration = in
			l.remember(answer.Network.Block)
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

// registerAgain registers the instance with servers that no longer know it. It was deregistered and
// then removed, or the servers lost their state and started over, so the index that this agent has
// seen no longer means anything. If the call fails, it is retried with the next stream.
func (l *Link) registerAgain(ctx context.Context) {
	l.registration.Runtime = l.health.current()
	answer, err := l.cfg.Server.Register(ctx, l.registration)
	if err != nil {
		l.log.Warn("cannot register the container instance again", "error", err)
		return
	}
	l.registration.Version, l.index = answer.Version, 0
	l.remember(answer.Network.Block)
	wait.Nudge(l.health.news) // it may have changed during the call
	l.log.Info("registered the container instance again: the server had forgotten it")
}

// remember makes the block of addresses that the servers gave the instance part of later
// registrations: servers that have forgotten it give it again if they can.
func (l *Link) remember(block string) {
	if block != "" {
		l.registration.Network.Block = block
	}
}

// refusal reports whether a server refused the request, so that a retry would get the same answer.
func refusal(err error) bool {
	e, ok := errors.AsType[*structs.Error](err)
	return ok && e.Kind != structs.KindUnavailable && e.Kind != structs.KindInternal
}
