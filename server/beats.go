package server

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/structs"
)

const (
	// silentAfter is how long an agent must have been silent for its next beat to be reported at
	// once. Agents beat every second.
	silentAfter = 1500 * time.Millisecond
	// fencedApart concerns agents that kill their tasks when the leader does not hear about them. A
	// server that could not report such an agent to the leader for this long sends it to another
	// server. A server that keeps up reports within 750 ms.
	fencedApart = 1500 * time.Millisecond
)

// beats holds the beats of the agents whose streams this server holds, until the leader knows them.
// Times are by instance. It is safe for concurrent use.
type beats struct {
	// cutOff means that the leader does not hear about this server's agents, but could hear about
	// them through another server.
	cutOff atomic.Bool
	// first is signaled when a silent instance beats: the leader should know at once. Its capacity
	// is 1.
	first chan struct{}

	mu    sync.Mutex
	fresh map[string]time.Time // the newest beats since the last report
	last  map[string]time.Time // the newest beats of instances that were not silent at the last report
	told  map[string]time.Time // the newest beats that the leader knows, unless they are old
}

func newBeats() *beats {
	return &beats{
		first: make(chan struct{}, 1), fresh: map[string]time.Time{}, last: map[string]time.Time{}, told: map[string]time.Time{},
	}
}

// beat receives a beat (control.Config.Beat).
func (s *Server) beat(instance string) (age time.Duration, err error) {
	age, told, err := s.beats.beat(instance)
	if err == nil && told && age > fencedApart {
		if i := s.store.Snapshot().Instance(instance); i != nil && i.Fenced {
			err = structs.ErrNoLeader()
		}
	}
	return age, err
}

// beat records that an agent is alive. It returns the age of the newest beat that the leader knows,
// which is longer than any lease if that is not recent. It fails if beats at this server are
// useless to the agent.
func (b *beats) beat(instance string) (age time.Duration, told bool, err error) {
	if b.cutOff.Load() {
		return 0, false, structs.ErrNoLeader()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if now.Sub(b.last[instance]) > silentAfter {
		select {
		case b.first <- struct{}{}:
		default:
		}
	}
	b.fresh[instance], b.last[instance] = now, now
	at, told := b.told[instance]
	if !told {
		return 2 * structs.FencedLease, false, nil
	}
	return now.Sub(at), true, nil
}

// take returns the beats since the last report.
func (b *beats) take() map[string]time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	taken := b.fresh
	b.fresh = map[string]time.Time{}
	maps.DeleteFunc(b.last, func(_ string, at time.Time) bool { return time.Since(at) > silentAfter })
	maps.DeleteFunc(b.told, func(_ string, at time.Time) bool { return time.Since(at) > structs.FencedLease })
	return taken
}

// known records that the leader knows these beats.
func (b *beats) known(taken map[string]time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.Copy(b.told, taken)
}

// giveBack puts unreported beats back.
func (b *beats) giveBack(taken map[string]time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for instance, at := range taken {
		if b.fresh[instance].Before(at) {
			b.fresh[instance] = at
		}
	}
}
