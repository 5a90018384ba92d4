package cluster

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// receiver is a balancer as far as servers know one: it finds every target that it checks healthy,
// and has requests open on those that the test names.
type receiver struct {
	ctx     context.Context
	id      string
	reports agent.TrafficReports

	mu      sync.Mutex
	index   uint64
	groups  map[string]structs.TrafficGroup
	fulls   int
	checked map[string]bool // by address
	open    []string
}

func (r *receiver) Begin(ctx context.Context, instance string, reports agent.TrafficReports) {
	r.ctx, r.id, r.reports = ctx, instance, reports
	go func() {
		for ctx.Err() == nil {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return
			}
			r.mu.Lock()
			report := structs.DrainReport{Index: r.index, Open: slices.Clone(r.open)}
			r.mu.Unlock()
			_ = reports.ReportDrains(ctx, report) // the next one says it again
		}
	}()
}

func (r *receiver) Apply(frame structs.TrafficFrame) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.index = frame.Index; frame.Full {
		r.fulls++
		r.groups, r.checked = map[string]structs.TrafficGroup{}, map[string]bool{}
	}
	for _, id := range frame.GoneGroups {
		delete(r.groups, id)
	}
	for _, g := range frame.Groups {
		r.groups[g.ID] = g
		for _, t := range g.Targets {
			if t.Check && !r.checked[t.Address] {
				r.checked[t.Address] = true
				report := structs.TargetReport{TargetGroup: g.ID, Address: t.Address, Port: t.Port, Target: t.Target, State: structs.TargetHealthy}
				go r.reports.ReportTargets(r.ctx, []structs.TargetReport{report})
			}
		}
	}
}

// states returns the state of each target by its address.
func (r *receiver) states() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string]string{}
	for _, t := range r.groups["g"].Targets {
		all[t.Address] = t.State
	}
	return all
}

func (r *receiver) hold(open ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open = open
}

// inTraffic is inServers with two agents that are ingress instances, and a listener on the group
// "g".
func inTraffic(t *testing.T, test func(*testing.T, *servers, []*receiver)) {
	t.Helper()
	inServers(t, func(t *testing.T, s *servers) {
		receivers := []*receiver{{}, {}}
		for n, host := range []string{"10.0.1.1", "10.0.1.2"} {
			s.StartAgent(host, "a", func(c *agent.Config) { c.Traffic = []agent.TrafficReceiver{receivers[n]} })
		}
		for n, host := range []string{"10.0.1.1", "10.0.1.2"} {
			s.Eventually("the agents are ready", func() bool { return s.Agent(host) != nil && s.Agent(host).Ready() })
			snap, err := s.Control(s.Leader()).Read(control.AllowStale(t.Context()))
			if err != nil {
				t.Fatal(err)
			}
			row := *snap.Instance(receivers[n].id)
			row.Ingress = true
			s.apply(t, structs.RegisterInstance{Instance: row})
		}
		s.apply(t, structs.PutLoadBalancer{LoadBalancer: structs.LoadBalancer{ID: "b", Name: "b"}})
		s.apply(t, structs.PutTargetGroup{Group: structs.TargetGroup{ID: "g", Name: "g", Protocol: "HTTP", Check: structs.TargetCheck{Enabled: true}}})
		s.apply(t, structs.PutListener{Listener: structs.Listener{ID: "l", LoadBalancer: "b", Protocol: "HTTP", Port: 80, DefaultActions: []structs.RuleAction{{
			Type: structs.ActionForward, Forward: &structs.ForwardAction{Groups: []structs.WeightedGroup{{TargetGroup: "g", Weight: 1}}},
		}}}})
		test(t, s, receivers)
	})
}

// apply applies a command on the leader.
func (s *servers) apply(t *testing.T, cmd structs.Command) {
	t.Helper()
	s.Eventually("a leader takes a command", func() bool {
		n := s.Leader()
		if n == 0 {
			return false
		}
		_, err := s.Server(n).Apply(t.Context(), cmd)
		return err == nil
	})
}

// everywhere waits until all ingress instances know these states of targets.
func everywhere(s *servers, receivers []*receiver, what string, want map[string]string) {
	s.Eventually(what, func() bool {
		return !slices.ContainsFunc(receivers, func(r *receiver) bool { return !maps.Equal(r.states(), want) })
	})
}

// A target that is taken out stays until its last request on any ingress instance has ended, also
// when the leader that knew about the request is gone.
func TestANewLeaderKnowsWhatDrains(t *testing.T) {
	inTraffic(t, func(t *testing.T, s *servers, receivers []*receiver) {
		now := structs.TimeOf(time.Now())
		s.apply(t, structs.RegisterTargets{TargetGroup: "g", Targets: []structs.Target{
			{Target: "192.0.2.1", Port: 80, RegisteredAt: now}, {Target: "192.0.2.2", Port: 80, RegisteredAt: now},
		}})
		everywhere(s, receivers, "both targets are healthy", map[string]string{"192.0.2.1": "healthy", "192.0.2.2": "healthy"})
		receivers[1].hold("g/192.0.2.1:80")
		s.apply(t, structs.DeregisterTargets{
			TargetGroup: "g", Targets: []structs.TargetKey{{Target: "192.0.2.1"}}, DrainUntil: now + 3_600_000,
		})
		draining := map[string]string{"192.0.2.1": "draining", "192.0.2.2": "healthy"}
		everywhere(s, receivers, "one target is draining", draining)
		for range 2 {
			time.Sleep(10 * time.Second)
			s.Crash(s.Leader())
			time.Sleep(10 * time.Second)
			for _, n := range []int{1, 2, 3} {
				if !slices.Contains(s.Running(), n) {
					s.Start(n)
				}
			}
			everywhere(s, receivers, "the target is still draining", draining)
		}
		receivers[1].hold()
		everywhere(s, receivers, "the target is gone", map[string]string{"192.0.2.2": "healthy"})
	})
}

// What agents were told last stays in force while no server answers, and they hear of what changed
// afterwards.
func TestTrafficWithoutServers(t *testing.T) {
	inTraffic(t, func(t *testing.T, s *servers, receivers []*receiver) {
		s.apply(t, structs.RegisterTargets{TargetGroup: "g", Targets: []structs.Target{{Target: "192.0.2.1", Port: 80}}})
		known := map[string]string{"192.0.2.1": "healthy"}
		everywhere(s, receivers, "the target is healthy", known)
		for _, n := range s.Running() {
			s.Crash(n)
		}
		time.Sleep(time.Minute)
		for n, r := range receivers {
			if !maps.Equal(r.states(), known) {
				t.Errorf("without servers, instance %d knows %v", n, r.states())
			}
		}
		s.Start(1, 2, 3)
		s.apply(t, structs.RegisterTargets{TargetGroup: "g", Targets: []structs.Target{{Target: "192.0.2.2", Port: 80}}})
		everywhere(s, receivers, "the new target is healthy", map[string]string{"192.0.2.1": "healthy", "192.0.2.2": "healthy"})
	})
}
