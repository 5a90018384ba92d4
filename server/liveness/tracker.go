// Package liveness decides which container instances are lost and which are back. The leader alone
// does; every server tells it of the agents whose streams it holds.
//
// An agent beats every second, and has a lease from each beat (structs.ContainerInstance.Lease).
// One whose lease has run out is lost, and its tasks are replaced at once. Gossip is the second
// witness: an agent that is silent for longer than it should be is asked by it, and as long as it
// answers, the lease is a little longer, since a machine with no processor to spare may miss a beat
// or two. A new leader, which has heard nobody yet, gives every instance one whole lease.
package liveness

import (
	"iter"
	"sync"
	"time"

	"github.com/gantry-project/gantry/structs"
)

const (
	// vouched is how much longer where gossip hears it.
	vouched = time.Second
	// doubted is how long an agent must have been silent to be asked: longer than a beat takes on
	// its way to the leader.
	doubted = 2 * time.Second
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

// Seen notes a beat, and says whether it is one of an instance that was silent for long. Beats may
// be told late and in any order.
func (t *Tracker) Seen(instance string, at time.Time) (news bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.seen[instance]
	if at.After(before) {
		t.seen[instance] = at
	}
	return at.Sub(before) >= structs.AgentLease
}

// Verdict is what is wrong in state, and when it is to be looked at again, if no news comes before
// that.
type Verdict struct {
	Lost []string // instances that count as connected though their lease has run out
	Back []string // instances that beat though they do not count as connected
	// Doubt are the instances that count as connected, and are silent for longer than they should
	// be.
	Doubt []string
	Next  time.Time
}

// Judge compares instances as they are in state with their beats. heard says whether gossip hears
// an instance's agent.
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
			continue // its change is news
		}
		if next.Before(v.Next) {
			v.Next = next
		}
	}
	return v
}
