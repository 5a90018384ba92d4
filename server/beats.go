package server

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/structs"
)

const (
	// silentAfter is for how long an agent must have been silent for its next beat to be news.
	// Agents beat each second.
	silentAfter = 1500 * time.Millisecond
	// fencedApart is for how long a server may not have told the leader of an agent that kills its
	// tasks then, until it sends that one elsewhere. A server that keeps up tells of it within 750
	// ms.
	fencedApart = 1500 * time.Millisecond
)

// beats are what the agents whose streams this server holds have let it hear, until the leader
// knows.
type beats struct {
	// cutOff says that the leader does not hear of this server's agents, while they could be heard
	// of through another server.
	cutOff atomic.Bool

	mu    sync.Mutex
	fresh map[string]time.Time // since the last report
	// first is nudged when an instance beats that was silent: the leader is to know at once.
	// Capacity 1.
	first chan struct{}
	last  map[string]time.Time // the newest beat of each that was not silent at the report before
	// the newest beat of each of which the leader heard, unless that is long ago
	told map[string]time.Time
}

func newBeats() *beats {
	return &beats{fresh: map[string]time.Time{}, first: make(chan struct{}, 1), last: map[string]time.Time{}, told: map[string]time.Time{}}
}

// beat is control.Config's Beat.
func (s *Server) beat(instance string) (age time.Duration, err error) {
	age, told, err := s.beats.beat(instance)
	if err == nil && told && age > fencedApart {
		if i := s.store.Snapshot().Instance(instance); i != nil && i.Fenced {
			err = structs.ErrNoLeader()
		}
	}
	return age, err
}

// beat notes that an agent is there, and gives how long ago the newest beat was of which the leader
// has heard: longer than any lease where it was told of none lately. It fails where beats here are
// of no use to the agent.
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

// take gives the beats since the last report.
func (b *beats) take() map[string]time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	taken := b.fresh
	b.fresh = map[string]time.Time{}
	maps.DeleteFunc(b.last, func(_ string, at time.Time) bool { return time.Since(at) > silentAfter })
	maps.DeleteFunc(b.told, func(_ string, at time.Time) bool { return time.Since(at) > structs.FencedLease })
	return taken
}

// known notes that the leader has heard of beats.
func (b *beats) known(taken map[string]time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.Copy(b.told, taken)
}

// giveBack puts beats back that could not be told.
func (b *beats) giveBack(taken map[string]time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for instance, at := range taken {
		if b.fresh[instance].Before(at) {
			b.fresh[instance] = at
		}
	}
}
