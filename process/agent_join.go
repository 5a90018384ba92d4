package process

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gantry-project/gantry/gossip"
	"github.com/gantry-project/gantry/structs"
)

const (
	// joinRetry is the pause before an agent asks again after no server answered.
	joinRetry = time.Second
	// renewCheck is how often the agent looks whether its certificate is due for renewal.
	renewCheck = 10 * time.Minute
)

// join gets a certificate where TLS is on, and meets the others by gossip.
func (a *Agent) join(ctx context.Context) error {
	c := &a.config
	meeting := gossip.Config{
		Self: structs.Member{
			ID: a.instance, Name: c.Agent.Name, Role: structs.RoleAgent,
			Zone: c.Agent.Zone, Version: c.Agent.Version, Cluster: c.Agent.Cluster,
		},
		Bind: c.Bind, Advertise: c.Advertise, Port: c.GossipPort,
		DataDir: c.Agent.DataDir, Transport: c.Hooks.Gossip, Logger: a.log,
	}
	var err error
	if a.certificate != nil {
		if meeting.Key, err = a.enrolUntilGiven(ctx); err != nil {
			return err
		}
	}
	if a.gossip, err = gossip.New(meeting); err != nil {
		return err
	}
	close(a.joined)
	a.running.Go(func() { a.meet(ctx) })
	if a.certificate != nil {
		a.running.Go(func() { a.renew(ctx) })
	}
	return nil
}

// meet joins gossip whenever it hears no server, until ctx ends. While the agent was cut off, the
// gossip key may have been rotated, so it asks for the current one.
func (a *Agent) meet(ctx context.Context) {
	for first := true; first || pause(ctx, joinRetry); first = false {
		if a.hearsServer() {
			continue
		}
		if a.certificate != nil && !first {
			a.renewNow(ctx)
		}
		if a.gossip.Join(a.config.gossipAddresses(DefaultGossipPort)) != nil {
			a.log.Warn("no server answers by gossip yet; trying again", "join", a.config.Join)
		}
	}
}

// hearsServer reports whether gossip has a server that is alive.
func (a *Agent) hearsServer() bool {
	alive := func(m structs.Member) bool { return m.Status == structs.MemberAlive }
	return slices.ContainsFunc(a.gossip.Servers(), alive)
}

// enrolUntilGiven asks for a certificate until a server gives one, and returns the gossip key.
func (a *Agent) enrolUntilGiven(ctx context.Context) (gossipKey []byte, err error) {
	for {
		if gossipKey, err = a.enrol(ctx); err == nil {
			return gossipKey, nil
		}
		if structs.KindOf(err) == structs.KindAccessDenied {
			return nil, fmt.Errorf("ask for a certificate: %w", err)
		}
		a.log.Warn("no server gives a certificate yet; trying again", "error", err)
		if !pause(ctx, joinRetry) {
			return nil, ctx.Err()
		}
	}
}

// enrol gets a certificate from a server, and returns the current gossip key.
func (a *Agent) enrol(ctx context.Context) ([]byte, error) {
	request, err := a.certificate.Request(time.Now())
	if err != nil {
		return nil, err
	}
	given, err := a.servers.Enrol(ctx, a.instance, request)
	if err != nil {
		return nil, err
	}
	return given.GossipKey, a.certificate.Take(given.Chain)
}

// renew renews the certificate whenever it is due, until ctx ends.
func (a *Agent) renew(ctx context.Context) {
	for pause(ctx, renewCheck) {
		if !a.certificate.Due(time.Now()) {
			continue
		}
		a.renewNow(ctx)
	}
}

// renewNow gets a new certificate and the current gossip key.
func (a *Agent) renewNow(ctx context.Context) {
	key, err := a.enrol(ctx)
	if err == nil {
		_, err = a.gossip.Take(key)
	}
	if err != nil {
		a.log.Warn("could not renew the certificate and the gossip key; trying again", "error", err)
	}
}

// pause waits, and reports false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
