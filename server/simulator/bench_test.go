package simulator_test

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/server/simulator"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// BenchmarkZoneLost loses a third of 1,000 instances with 10,000 tasks of 100 services on them.
func BenchmarkZoneLost(b *testing.B) {
	const instances, services, perService = 1000, 100, 100
	store := state.New()
	f := fsm.New(fsm.Config{Store: store, Logger: slog.New(slog.DiscardHandler)})
	apply := func(cmd structs.Command) {
		b.Helper()
		entry, err := fsm.Encode(cmd)
		if err == nil {
			err = f.Apply(&raft.Log{Index: store.Snapshot().Index() + 1, Data: entry}).(fsm.Result).Err
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	apply(structs.RegisterTaskDefinition{Definition: structs.TaskDefinition{
		Family: "web", ContainerDefinitions: []structs.ContainerDefinition{{Name: "c", Cpu: 64, Memory: new(int32(128))}},
	}})
	var lost []string
	for n := range instances {
		id, zone := fmt.Sprintf("i%04d", n), string(rune('a'+n%3))
		if zone == "a" {
			lost = append(lost, id)
		}
		apply(structs.RegisterInstance{Instance: structs.ContainerInstance{
			ID: id, Cluster: "default", Zone: zone, AgentConnected: true, Registered: structs.Resources{CPU: 4096, Memory: 2000},
			Attributes: []structs.Attribute{{Name: structs.AttributeZone, Value: zone}},
		}})
	}
	for n := range services {
		name := fmt.Sprintf("web-%03d", n)
		apply(structs.PutService{
			Job: structs.Job{
				ID: fmt.Sprintf("%032x", n+1), Cluster: "default", Name: name, Type: structs.JobService, Version: 1, TaskDefinition: "web:1", Count: perService,
				Service: &structs.ServiceSpec{Update: structs.UpdatePolicy{MinimumHealthyPercent: 100, MaximumPercent: 200}},
			},
			Deployment: &structs.Deployment{ID: "ecs-svc/" + name, Rollout: structs.RolloutInProgress},
			Evaluation: structs.Evaluation{ID: "e" + name, Status: structs.EvaluationReady},
		})
	}
	s := simulator.New(simulator.Config{})
	settled := simulator.Settled(store.Snapshot())
	for b.Loop() {
		out, err := s.Simulate(settled, []structs.Command{
			structs.SetAgentConnected{Instances: lost}, structs.SetInstanceStatus{Instances: lost, Status: structs.InstanceInactive},
		}, 100)
		if err != nil || out.Total.Moved+out.Total.Unplaced < services*perService/4 {
			b.Fatalf("%v: %+v", err, out.Total)
		}
	}
}
