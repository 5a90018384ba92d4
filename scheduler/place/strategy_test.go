package place

import (
	"maps"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// TestSpreadIsEven: with room everywhere, no zone has two tasks more than another, and no instance
// has two more than another of its zone.
func TestSpreadIsEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		s.job.Type, s.job.PlacementStrategy, s.job.PlacementConstraints = structs.JobService, nil, nil
		s.def.RuntimePlatform, s.def.ContainerDefinitions = nil, []structs.ContainerDefinition{{Cpu: 1}}
		s.tasks = slices.DeleteFunc(s.tasks, func(t *structs.Task) bool { return t.Job == "job" })
		zones, instances := map[string]int{}, map[string]map[string]int{}
		for _, i := range s.instances {
			i.Cluster, i.Status, i.AgentConnected, i.Registered.CPU = "default", "ACTIVE", true, 1000
			i.Runtime, i.HeldUntil = structs.RuntimeHealth{}, 0
			zone, _ := i.Attribute("ecs.availability-zone")
			if zones[zone] = 0; instances[zone] == nil {
				instances[zone] = map[string]int{}
			}
			instances[zone][i.ID] = 0
		}
		for _, id := range s.find(t).Instances {
			for zone, of := range instances {
				if _, here := of[id]; here {
					of[id]++
					zones[zone]++
				}
			}
		}
		for _, counts := range append(slices.Collect(maps.Values(instances)), zones) {
			if values := slices.Collect(maps.Values(counts)); len(values) > 0 && slices.Max(values)-slices.Min(values) > 1 {
				t.Fatalf("uneven: %v of %v", counts, instances)
			}
		}
	})
}

// TestRandomIsEven: each of ten instances gets about a tenth, and each draw is independent of those
// before.
func TestRandomIsEven(t *testing.T) {
	const tasks = 20_000
	job := &structs.Job{Cluster: "default", Type: structs.JobBatch, PlacementStrategy: []structs.PlacementStrategy{{Type: "random"}}}
	store := state.New()
	if err := store.Update(1, func(tx *state.Tx) error {
		for n := range 10 {
			tx.PutInstance(&structs.ContainerInstance{ID: strconv.Itoa(n), Cluster: "default", Status: "ACTIVE", AgentConnected: true})
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	where := Find(&Request{
		View: store.Snapshot(), Job: job, Definition: &structs.TaskDefinition{}, Need: &structs.Resources{}, Count: tasks, Seed: [16]byte{1},
	}).Instances
	counts, repeats := map[string]int{}, 0
	for n, id := range where {
		counts[id]++
		if n > 0 && where[n-1] == id {
			repeats++
		}
	}
	for id, n := range counts {
		if n < 1800 || n > 2200 { // five standard deviations
			t.Errorf("instance %s has %d of %d", id, n, tasks)
		}
	}
	if len(counts) != 10 || repeats < 1800 || repeats > 2200 {
		t.Errorf("%d instances; %d of %d where the one before is", len(counts), repeats, tasks)
	}
}
