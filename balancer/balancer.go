package balancer

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/balancer/check"
	"github.com/gantry-project/gantry/structs"
)

// Balancer serves the listeners of the frames that it is given. Make it with New, and run it once.
type Balancer struct {
	cfg    Config
	log    *slog.Logger
	checks *check.Checks
	drains drains
	since  time.Time

	// groups are the target groups by id. The map is replaced, never changed.
	groups atomic.Pointer[map[string]*group]

	mu        sync.Mutex
	index     uint64
	listeners map[string]*listener // by Listener.ID
	ports     map[portKey]*port
	problems  map[string]string // by Listener.ID
	certs     certificates
	closed    bool
	closing   sync.WaitGroup // ports that finish their requests
}

// New returns a balancer without any listener. It serves from the first Apply on.
func New(cfg Config) *Balancer {
	b := &Balancer{
		cfg: cfg.withDefaults(), listeners: map[string]*listener{}, ports: map[portKey]*port{},
		problems: map[string]string{},
	}
	b.log, b.since = b.cfg.Logger, b.cfg.Now()
	b.groups.Store(&map[string]*group{})
	b.certs.log = b.log
	b.drains.init(b)
	b.checks = check.New(check.Config{Report: func(ctx context.Context, list []structs.TargetReport) error {
		return b.cfg.ReportTargets(ctx, list)
	}})
	return b
}

// portRetry is the time between attempts to open a port that could not be had.
const portRetry = time.Second

// Run checks targets, reports, and tries ports again that could not be had, until ctx ends. Then it
// takes no new connections, and returns when the requests that are open have ended, after
// Config.Grace at the latest.
func (b *Balancer) Run(ctx context.Context) {
	var work sync.WaitGroup
	if b.cfg.ReportTargets != nil {
		work.Go(func() { b.checks.Run(ctx) })
	}
	work.Go(func() { b.drains.run(ctx) })
	tick := time.NewTicker(portRetry)
	defer tick.Stop()
	for done := false; !done; {
		select {
		case <-tick.C:
			b.mu.Lock()
			b.arrange()
			for _, g := range *b.groups.Load() {
				g.mitigate()
			}
			b.mu.Unlock()
		case <-ctx.Done():
			done = true
		}
	}
	b.close()
	work.Wait()
}

// close ends all ports.
func (b *Balancer) close() {
	b.mu.Lock()
	b.closed = true
	for key, p := range b.ports {
		b.end(p, true)
		delete(b.ports, key)
	}
	b.mu.Unlock()
	if b.cfg.Sockets != nil {
		b.cfg.Sockets.Drop()
		if err := b.cfg.Sockets.Hand(); err != nil {
			b.log.Warn("connections are refused until the agent runs again", "error", err)
		}
	}
	b.closing.Wait()
}

// Apply takes a frame. Calls come one after the other.
func (b *Balancer) Apply(f structs.TrafficFrame) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	if f.Index != 0 {
		b.index = f.Index
	}
	groups := b.applyGroups(&f)
	listeners := b.applyListeners(&f)
	b.certs.apply(&f)
	if listeners {
		b.arrange()
	}
	if groups {
		b.arrangeChecks()
	}
	if f.Full {
		b.checks.Again()
		if b.cfg.Sockets != nil {
			b.cfg.Sockets.Drop()
		}
	}
	b.drains.frame()
}

// applyGroups takes the groups of a frame, and returns whether there was a change.
func (b *Balancer) applyGroups(f *structs.TrafficFrame) bool {
	old := *b.groups.Load()
	gone := slices.Clone(f.GoneGroups)
	next := make(map[string]*group, len(old)+len(f.Groups))
	for id, g := range old {
		next[id] = g
		if f.Full && !slices.ContainsFunc(f.Groups, func(n structs.TrafficGroup) bool { return n.ID == id }) {
			gone = append(gone, id)
		}
	}
	now := b.cfg.Now()
	for i := range f.Groups {
		spec := &f.Groups[i]
		if spec.Connect != nil {
			continue // no listener forwards to it
		}
		g := next[spec.ID]
		if g == nil {
			g = &group{balancer: b, id: spec.ID}
			next[spec.ID] = g
		}
		g.set(spec, now)
	}
	for _, id := range gone {
		if g := next[id]; g != nil {
			g.set(&structs.TrafficGroup{ID: id, Group: *g.spec.Load()}, now)
			delete(next, id)
		}
	}
	b.groups.Store(&next)
	return len(f.Groups)+len(gone) > 0
}

// applyListeners takes the listeners of a frame, and returns whether there was a change.
func (b *Balancer) applyListeners(f *structs.TrafficFrame) bool {
	kept := map[string]bool{}
	for i := range f.Listeners {
		spec := &f.Listeners[i]
		kept[spec.Listener.ID] = true
		b.listeners[spec.Listener.ID] = b.listeners[spec.Listener.ID].with(spec, b.log)
	}
	gone := slices.Clone(f.GoneListeners)
	for id := range b.listeners {
		if f.Full && !kept[id] {
			gone = append(gone, id)
		}
	}
	for _, id := range gone {
		delete(b.listeners, id)
		delete(b.problems, id)
	}
	return len(kept)+len(gone) > 0
}

// arrangeChecks checks the targets that this instance is to check. b.mu is held.
func (b *Balancer) arrangeChecks() {
	wanted := map[string]check.Spec{}
	for id, g := range *b.groups.Load() {
		spec := g.spec.Load()
		for key, t := range g.targets {
			s := t.spec.Load()
			if !s.Check || !spec.Check.Enabled {
				continue
			}
			wanted[id+" "+key] = check.Spec{
				Group: id, Address: s.Address, Port: s.Port, Task: s.Task, Target: s.Target, State: s.State, Check: spec.Check,
				GRPC: spec.ProtocolVersion == "GRPC", HTTP2: spec.ProtocolVersion == "GRPC" || spec.ProtocolVersion == "HTTP2",
			}
		}
	}
	b.checks.Set(wanted)
}

// group returns a target group, or nil.
func (b *Balancer) group(id string) *group { return (*b.groups.Load())[id] }
