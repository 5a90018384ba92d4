// Package liveness decides which container instances are lost and which are back. Only the leader
// decides; every server reports to it on the agents whose streams it holds.
//
// An agent beats every second, and each beat starts a lease (structs.ContainerInstance.Lease). When
// the lease runs out, the instance is lost, and its tasks are replaced at once. Gossip is a second
// witness: an agent that is silent for too long is probed by gossip, and while it answers, its
// lease is a little longer, because an overloaded machine may miss a beat or two. A new leader,
// which has not heard from anyone yet, gives every instance one whole lease.
package liveness

import (
	"iter"
	"sync"
	"time"

	"github.com/gantry-project/gantry/structs"
)

const (
	// vouched is how much longer the lease is while gossip hears the agent.
	vouched = time.Second
	// doubted is how long an agent must have been silent to be probed: longer than a beat takes on
	// its way to the leader.
	doubted = 2 * time.Second
)

// Tracker records when each instance was last heard from. It is safe for concurrent use.
type Tracker struct {
	since time.Time

	mu   sync.Mutex
	seen map[string]time.Time
}

// New returns a tracker for a server that has led since the given time.
func New(since time.Time) *Tracker {
	return &Tracker{since: since, seen: map[string]time.Time{}}
}

// Seen records a beat, and reports whether the instance had been silent for a whole lease. Beats
// may arrive late and in any order.
func (t *Tracker) Seen(instance string, at time.Time) (news bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.seen[instance]
	if at.After(before) {
		t.seen[instance] = at
	}
	return at.Sub(before) >= structs.AgentLease
}

// Verdict lists the instances whose state is wrong, and when to look again unless something changes
// before.
type Verdict struct {
	Lost []string // instances that count as connected although their lease has run out
	Back []string // instances that beat although they do not count as connected
	// Doubt lists the instances that count as connected and have been silent for too long.
	Doubt []string
	Next  time.Time
}

// Judge compares the instances in state with their beats. heard reports whether gossip hears an
// instance's agent.
func (t *Tracker) Judge(now time.Time, instances iter.Seq[*structs.ContainerInstance], heard func(instance string) bool) Verdict {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := Verdict{Next: now.Add(structs.AgentLease)}
	for i := range instances {
		if i.Status == structs.InstanceInactive {
			delete(t.seen, i.ID)
			continue
		}
		lease := i.Lease()
		seen, beats := t.seen[i.ID]
		if !i.AgentConnected {
			if beats && now.Sub(seen) < lease {
				v.Back = append(v.Back, i.ID)
			}
			continue
		}
		if seen.Before(t.since) {
			seen = t.since
		}
		next := seen.Add(doubted)
		switch silent := now.Sub(seen); {
		case silent < doubted:
		case silent < lease || silent < lease+vouched && heard(i.ID):
			v.Doubt = append(v.Doubt, i.ID)
			if next = now.Add(askEvery); silent < lease && seen.Add(lease).Before(next) {
				next = seen.Add(lease)
			}
		default:
			v.Lost = append(v.Lost, i.ID)
			continue // its change causes the next look
		}
		if next.Before(v.Next) {
			v.Next = next
		}
	}
	return v
}
