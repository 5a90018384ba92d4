// Package liveness decides which container instances are lost and which are back. The leader alone does; every server tells it of
// the agents whose streams it holds.
//
// An agent beats every second, and has a lease of Lease from each beat. One whose lease has run out is lost, and its tasks are
// replaced at once. Gossip is the second witness: as long as it hears the agent, the lease is a little longer, since a machine
// with no processor to spare may miss a beat or two. A new leader, which has heard nobody yet, gives every instance one whole lease.
package liveness

import (
	"iter"
	"sync"
	"time"

	"github.com/gantry-project/gantry/structs"
)

const (
	// Lease is how long an agent counts as there after a beat.
	Lease = structs.AgentLease
	// vouched is how much longer where gossip hears it.
	vouched = time.Second
)

// Tracker knows when each instance was last heard. Safe for concurrent use.
type Tracker struct {
	since time.Time

	mu   sync.Mutex
	seen map[string]time.Time
}

// New makes the tracker of a server that leads since a time.
func New(since time.Time) *Tracker {
	return &Tracker{since: since, seen: map[string]time.Time{}}
}

// Seen notes a beat. Beats may be told late and in any order.
func (t *Tracker) Seen(instance string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at.After(t.seen[instance]) {
		t.seen[instance] = at
	}
}

// Judge gives the instances that state has wrong: lost are those that count as connected though their lease has run out, back those
// that beat though they do not count as connected. heard says whether gossip hears an instance's agent.
func (t *Tracker) Judge(now time.Time, instances iter.Seq[*structs.ContainerInstance], heard func(instance string) bool) (lost, back []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range instances {
		if i.Status == structs.InstanceInactive {
			delete(t.seen, i.ID)
			continue
		}
		seen, beats := t.seen[i.ID]
		switch {
		case !i.AgentConnected:
			if beats && now.Sub(seen) < Lease {
				back = append(back, i.ID)
			}
		case !t.holds(i.ID, seen, now, heard):
			lost = append(lost, i.ID)
		}
	}
	return lost, back
}

// holds says whether the lease of a connected instance has not run out.
func (t *Tracker) holds(id string, seen, now time.Time, heard func(instance string) bool) bool {
	if seen.Before(t.since) {
		seen = t.since
	}
	silent := now.Sub(seen)
	return silent < Lease || silent < Lease+vouched && heard(id)
}
