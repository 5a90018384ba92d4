package endpoints_test

import (
	"testing"

	"github.com/gantry-project/gantry/endpoints"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

var _ endpoints.View = (*state.Snapshot)(nil)

// scene is a state that tests write directly: two instances, and a listener that forwards to the
// group "g".
type scene struct {
	t     *testing.T
	store *state.Store
}

func newScene(t *testing.T) *scene {
	s := &scene{t: t, store: state.New()}
	s.change(func(tx *state.Tx) {
		for n, id := range []string{"i1", "i2"} {
			tx.PutInstance(&structs.ContainerInstance{
				ID: id, Cluster: "default", Address: []string{"10.0.0.1", "10.0.0.2"}[n], Zone: "a", AgentConnected: true, Ingress: true,
				Status: structs.InstanceActive,
			})
		}
		tx.PutLoadBalancer(&structs.LoadBalancer{ID: "b"})
		tx.PutListener(&structs.Listener{ID: "l", LoadBalancer: "b", Port: 80, DefaultRule: "r", DefaultActions: forward("g")})
		tx.PutTargetGroup(group("g"))
	})
	return s
}

func group(id string) *structs.TargetGroup {
	return &structs.TargetGroup{ID: id, Name: id, TargetType: structs.TargetTypeIP, Check: structs.TargetCheck{Enabled: true}}
}

func forward(groups ...string) []structs.RuleAction {
	f := &structs.ForwardAction{}
	for _, g := range groups {
		f.Groups = append(f.Groups, structs.WeightedGroup{TargetGroup: g, Weight: 1})
	}
	return []structs.RuleAction{{Type: structs.ActionForward, Forward: f}}
}

// change runs one transaction, and returns its changes.
func (s *scene) change(fn func(*state.Tx)) (changes []endpoints.Change) {
	s.t.Helper()
	sub := s.store.Subscribe(state.Topic{Kind: state.TopicTraffic})
	defer sub.Close()
	if err := s.store.Update(s.store.Snapshot().Index()+1, func(tx *state.Tx) error { fn(tx); return nil }); err != nil {
		s.t.Fatal(err)
	}
	events, _ := sub.Take()
	for _, e := range events {
		c := endpoints.Change{Before: e.Before}
		if !e.Removed {
			c.Row = e.Row
		}
		changes = append(changes, c)
	}
	return changes
}

// task returns a task of a service as a target of a group, at a port of i1.
func task(id, job, deployment, group string, port int32, state string) *structs.Task {
	return &structs.Task{
		ID: id, Cluster: "default", Job: job, Group: structs.ServiceGroup(job), StartedBy: deployment, Instance: "i1",
		LastStatus: structs.TaskRunning, DesiredStatus: structs.TaskRunning,
		Targets: []structs.TaskTarget{{TargetGroup: group, Port: port, Health: structs.TargetHealth{State: state}}},
	}
}
