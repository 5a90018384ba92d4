package simulator_test

import (
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// The tasks of a service behind a target group are up in a prediction, although nobody checks them.
func TestSimulationOfAServiceWithTargets(t *testing.T) {
	c := singlenode.New(t)
	for range 3 {
		c.AddInstance(t, "default", 1024, 1024)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(c.Store.Update(c.Store.Snapshot().Index(), func(tx *state.Tx) error {
		tx.PutTargetGroup(&structs.TargetGroup{ID: "g1", Name: "web", TargetType: structs.TargetTypeInstance, Check: structs.TargetCheck{Enabled: true}})
		tx.PutListener(&structs.Listener{ID: "l1", DefaultActions: []structs.RuleAction{
			{Forward: &structs.ForwardAction{Groups: []structs.WeightedGroup{{TargetGroup: "g1", Weight: 1}}}},
		}})
		return nil
	}))
	spec := structs.NewJobSpec(structs.JobService)
	spec.Name, spec.Count, spec.NetworkMode = "web", new(2), structs.NetworkHost
	spec.Containers = []structs.ContainerDefinition{{Name: "app", Image: "i", Memory: new(int32(16)), PortMappings: []structs.PortMapping{{ContainerPort: new(int32(80))}}}}
	spec.LoadBalancers = []structs.ServiceLoadBalancer{{TargetGroup: "web"}}
	_, err := c.Control.PutJob(t.Context(), spec, "")
	must(err)
	for _, id := range c.RunPlaced(t) {
		must(c.Store.Update(c.Store.Snapshot().Index(), func(tx *state.Tx) error {
			task := *tx.Task(id)
			task.Targets = []structs.TaskTarget{{TargetGroup: "g1", Port: 80, Health: structs.TargetHealth{State: structs.TargetHealthy}}}
			tx.PutTask(&task)
			return nil
		}))
	}
	c.Settle(t)
	var on string
	for task := range c.Store.Snapshot().Tasks("default") {
		on = task.Instance
	}
	out, err := c.Control.Simulate(t.Context(), structs.Scenario{Cluster: "default", Drain: []string{on}}, nil)
	must(err)
	if out.Total.After != 2 || out.Total.Moved != 1 {
		t.Errorf("the prediction is %+v", out.Total)
	}
}
