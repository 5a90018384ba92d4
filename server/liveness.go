package server

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/server/liveness"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

const (
	// leaseReport is how often a server tells the leader of the beats that it heard.
	leaseReport = 500 * time.Millisecond
	// silentAfter is for how long an agent must have been silent for its next beat to be news.
	// Agents beat each second.
	silentAfter = 1500 * time.Millisecond
	// cutOffAfter is how long a server may not reach the leader before it looks whether its agents
	// are better off with another. An election is mostly over by then.
	cutOffAfter = time.Second
	// fencedApart is for how long a server may not have told the leader of an agent that kills its
	// tasks then, until it sends that one elsewhere. A server that keeps up tells of it within 750
	// ms.
	fencedApart = 1500 * time.Millisecond
	// leaseCheck is the least time between two looks of the leader for leases that have run out:
	// what is lost at nearly the same time, as in a zone, is one entry of the log, and replaced in
	// the order of priority.
	leaseCheck = 100 * time.Millisecond
	// leaseRetry is how long after a verdict that could not be written the leader looks again.
	leaseRetry = 100 * time.Millisecond
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

// heardReport is what a server tells the leader: how many milliseconds ago it heard each instance.
// Ages, since clocks differ.
type heardReport struct {
	Heard map[string]int64 `json:"heard"`
}

// reportBeats tells the leader, whoever that is, of the beats that this server heard, until ctx
// ends.
func (s *Server) reportBeats(ctx context.Context) {
	tick := time.NewTicker(leaseReport)
	defer tick.Stop()
	var failing time.Time // since when the leader cannot be told; zero: it can
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.beats.first:
		}
		taken, began := s.beats.take(), time.Now()
		if len(taken) == 0 && failing.IsZero() {
			continue
		}
		if err := s.tellBeats(ctx, taken); err != nil {
			s.log.Debug("could not tell the leader of its agents; trying again", "error", err)
			s.beats.giveBack(taken)
			if failing.IsZero() {
				failing = began
			}
			// A leader that vanished lets the first report hang; there may be another by the time
			// that fails.
			failed := began.Sub(failing) >= cutOffAfter || time.Since(failing) >= cutOffAfter && !s.led()
			s.beats.cutOff.Store(failed && s.othersAreLed(ctx))
			continue
		}
		failing = time.Time{}
		s.beats.known(taken)
		s.beats.cutOff.Store(false)
	}
}

func (s *Server) tellBeats(ctx context.Context, taken map[string]time.Time) error {
	if l := s.leader.Load(); l != nil {
		l.hear(taken)
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.reign(), cancel)() // one that vanished never answers
	address := s.leaderHTTP()
	if address == "" {
		return structs.ErrNoLeader()
	}
	report := heardReport{Heard: map[string]int64{}}
	for instance, at := range taken {
		report.Heard[instance] = time.Since(at).Milliseconds()
	}
	return s.membership.peers.leases(ctx, address, report)
}

// judgeLeases writes to the log which instances are lost, which are back and which take work again,
// while this server leads. It looks when beats of silent ones come, when instances change, and when
// the first lease or wait runs out.
func (s *Server) judgeLeases(ctx context.Context, l *leadership) {
	changes := s.store.Subscribe(state.Topic{Kind: state.TopicInstances})
	defer changes.Close()
	witness := liveness.NewWitness(s.askByGossip)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-l.judge:
		case <-changes.C:
			changes.Take()
		}
		now := time.Now()
		v := l.leases.Judge(now, s.store.Snapshot().AllInstances(), func(instance string) bool { return witness.Heard(now, instance) })
		witness.Ask(now, v.Doubt)
		for connected, instances := range maps.All(map[bool][]string{false: v.Lost, true: v.Back}) {
			if len(instances) == 0 {
				continue
			}
			if !connected {
				s.log.Warn("container instances are lost: their leases have run out", "instances", instances)
			}
			if _, err := s.apply(ctx, structs.SetAgentConnected{Instances: instances, Connected: connected, At: s.clock.Time(), Damps: true}); err != nil {
				s.log.Warn("could not record which agents are connected; trying again", "error", err)
				v.Next = time.Now().Add(leaseRetry)
			}
		}
		if next := s.release(ctx); next.Before(v.Next) {
			v.Next = next
		}
		timer.Reset(max(time.Until(v.Next), leaseCheck))
	}
}

// release lets the instances take work whose wait after losses in a row is over, and gives when to
// look again.
func (s *Server) release(ctx context.Context) (next time.Time) {
	now, began := s.clock.Time(), time.Now()
	next = began.Add(structs.AgentLease)
	var due []string
	for i := range s.store.Snapshot().AllInstances() {
		switch left := time.Duration(i.HeldUntil-now) * time.Millisecond; {
		case i.HeldUntil == 0:
		case left <= 0:
			due = append(due, i.ID)
		case began.Add(left).Before(next):
			next = began.Add(left)
		}
	}
	if len(due) == 0 {
		return next
	}
	if _, err := s.apply(ctx, structs.ReleaseInstances{Instances: due, At: now}); err != nil {
		s.log.Warn("could not let instances take work again; trying again", "instances", due, "error", err)
		return began.Add(leaseRetry)
	}
	s.log.Info("instances take work again, which waited for being lost again and again", "instances", due)
	return next
}

// askByGossip asks agents whether they are there (liveness.Witness).
func (s *Server) askByGossip(instances []string, answered func(instance string)) {
	if s.membership != nil {
		s.membership.gossip.Ask(instances, answered)
	}
}
