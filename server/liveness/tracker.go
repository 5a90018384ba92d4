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
	// vouchedCheck is how often to ask gossip of those whose lease is longer by its word.
	vouchedCheck = 100 * time.Millisecond
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

// Seen notes a beat, and says whether it is one of an instance that was silent for long. Beats may be told late and in any order.
func (t *Tracker) Seen(instance string, at time.Time) (news bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.seen[instance]
	if at.After(before) {
		t.seen[instance] = at
	}
	return at.Sub(before) >= Lease
}

// Verdict is what is wrong in state, and when it is to be looked at again, if no news comes before that.
type Verdict struct {
	Lost []string // instances that count as connected though their lease has run out
	Back []string // instances that beat though they do not count as connected
	Next time.Time
}

// Judge compares instances as they are in state with their beats. heard says whether gossip hears an instance's agent.
func (t *Tracker) Judge(now time.Time, instances iter.Seq[*structs.ContainerInstance], heard func(instance string) bool) Verdict {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := Verdict{Next: now.Add(Lease)}
	for i := range instances {
		if i.Status == structs.InstanceInactive {
			delete(t.seen, i.ID)
			continue
		}
		seen, beats := t.seen[i.ID]
		if !i.AgentConnected {
			if beats && now.Sub(seen) < Lease {
				v.Back = append(v.Back, i.ID)
			}
			continue
		}
		if seen.Before(t.since) {
			seen = t.since
		}
		next := seen.Add(Lease)
		switch silent := now.Sub(seen); {
		case silent < Lease:
		case silent < Lease+vouched && heard(i.ID):
			next = now.Add(vouchedCheck)
		default:
			v.Lost = append(v.Lost, i.ID)
		}
		if next.Before(v.Next) {
			v.Next = next
		}
	}
	return v
}
