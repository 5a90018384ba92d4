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
			l.registered.Lock()
			l.registration = in
			l.registered.Unlock()
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
	if err := l.renew(ctx, func(*structs.ContainerInstance) {}); err != nil {
		l.log.Warn("cannot register the container instance again", "error", err)
		return
	}
	l.index = 0
	l.trafficIndex.Store(0)
	wait.Nudge(l.health.news) // it may have changed during the call
	l.log.Info("registered the container instance again: the server had forgotten it")
}

// SetNetworkProblem tells the servers what is wrong with the network of awsvpc tasks; empty:
// nothing is. It retries until ctx ends.
func (l *Link) SetNetworkProblem(ctx context.Context, problem string) {
	for b := (wait.Backoff{}); ; {
		err := l.renew(ctx, func(in *structs.ContainerInstance) {
			in.Network.Problem, in.Network.Asks = problem, problem == ""
		})
		if err == nil || ctx.Err() != nil {
			return
		}
		l.log.Warn("cannot tell the servers about the network of tasks; trying again", "error", err)
		if !b.Wait(ctx) {
			return
		}
	}
}

// renew registers the instance again, as it is after a change.
func (l *Link) renew(ctx context.Context, change func(*structs.ContainerInstance)) error {
	l.registered.Lock()
	change(&l.registration)
	in := l.registration
	l.registered.Unlock()
	in.Runtime = l.health.current()
	answer, err := l.cfg.Server.Register(ctx, in)
	if err != nil {
		return err
	}
	l.registered.Lock()
	l.registration.Version = answer.Version
	l.registered.Unlock()
	l.remember(answer.Network.Block)
	return nil
}

// version returns the version of the instance that its last registration made.
func (l *Link) version() int64 {
	l.registered.Lock()
	defer l.registered.Unlock()
	return l.registration.Version
}

// remember makes the block of addresses that the servers gave the instance part of later
// registrations: servers that have forgotten it give it again if they can.
func (l *Link) remember(block string) {
	l.registered.Lock()
	defer l.registered.Unlock()
	if block != "" {
		l.registration.Network.Block = block
	}
}

// refusal reports whether a server refused the request, so that a retry would get the same answer.
func refusal(err error) bool {
	e, ok := errors.AsType[*structs.Error](err)
	return ok && e.Kind != structs.KindUnavailable && e.Kind != structs.KindInternal
}
