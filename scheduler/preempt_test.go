package scheduler

import (
	"slices"
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// TestWhoMakesWay: the least important task makes way first, then the newest; and none if room is
// on its way.
func TestWhoMakesWay(t *testing.T) {
	type row struct {
		id, instance      string
		memory            int64
		priority          int
		created           structs.Time
		protected, leaves bool
	}
	for name, c := range map[string]struct {
		tasks []row
		want  []string
	}{
		"the least important":     {[]row{{id: "a", instance: "x", memory: 10, priority: 30}, {id: "b", instance: "y", memory: 10, priority: 20}}, []string{"b"}},
		"the newest":              {[]row{{id: "a", instance: "x", memory: 10, priority: 30, created: 1}, {id: "b", instance: "y", memory: 10, priority: 30, created: 2}}, []string{"b"}},
		"nobody too important":    {[]row{{id: "a", instance: "x", memory: 10, priority: 41}, {id: "b", instance: "y", memory: 10, priority: 50}}, nil},
		"nobody protected":        {[]row{{id: "a", instance: "x", memory: 10, priority: 10, protected: true}, {id: "b", instance: "y", memory: 10, priority: 40}}, []string{"b"}},
		"nobody where room comes": {[]row{{id: "a", instance: "x", memory: 10, priority: 90, leaves: true}, {id: "b", instance: "y", memory: 10, priority: 10}}, nil},
		"who holds enough":        {[]row{{id: "a", instance: "x", memory: 2, priority: 10}, {id: "b", instance: "x", memory: 8, priority: 30}, {id: "c", instance: "y", memory: 10, priority: 60}}, []string{"b"}},
		"not two for one":         {[]row{{id: "a", instance: "x", memory: 4, priority: 10}, {id: "b", instance: "x", memory: 6, priority: 10}, {id: "c", instance: "y", memory: 10, priority: 60}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			store := state.New()
			err := store.Update(1, func(tx *state.Tx) error {
				for _, id := range []string{"x", "y"} {
					tx.PutInstance(&structs.ContainerInstance{ID: id, Cluster: "default", Status: structs.InstanceActive, AgentConnected: true, Registered: structs.Resources{Memory: 10}})
				}
				tx.PutTaskDefinition(&structs.TaskDefinition{Family: "f", Revision: 1, ContainerDefinitions: []structs.ContainerDefinition{{Memory: new(int32(8))}}})
				tx.PutJob(&structs.Job{ID: storyJob, Cluster: "default", Type: structs.JobBatch, Status: structs.BatchRunning, TaskDefinition: "f:1", Count: 1, Batch: &structs.BatchSpec{Attempts: 1}, Preemption: true})
				for _, r := range c.tasks {
					tx.PutJob(&structs.Job{ID: "of-" + r.id, Cluster: "default", Type: structs.JobBatch, Priority: r.priority})
					task := &structs.Task{ID: r.id, Job: "of-" + r.id, Instance: r.instance, Memory: r.memory, LastStatus: structs.TaskRunning, DesiredStatus: structs.TaskRunning, CreatedAt: r.created}
					if r.protected {
						task.ProtectedUntil = 100
					}
					if r.leaves {
						task.DesiredStatus = structs.TaskStopped
					}
					tx.PutTask(task)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			plan := Schedule(Input{View: store.Snapshot(), Evaluation: &structs.Evaluation{ID: "e", Cluster: "default", Job: storyJob}, Now: 5})
			var got []string
			for _, s := range plan.Preempted {
				got = append(got, s.Task)
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) || plan.Unplaced != 1 {
				t.Errorf("%v make way, want %v; %d unplaced", got, c.want, plan.Unplaced)
			}
		})
	}
}

// TestWhoHoldsAGPUMakesWay: memory alone is no help to a task that needs a GPU.
func TestWhoHoldsAGPUMakesWay(t *testing.T) {
	store := state.New()
	err := store.Update(1, func(tx *state.Tx) error {
		tx.PutInstance(&structs.ContainerInstance{ID: "x", Cluster: "default", Status: structs.InstanceActive, AgentConnected: true,
			GPUs: []string{"0"}, Registered: structs.Resources{Memory: 20}})
		tx.PutTaskDefinition(&structs.TaskDefinition{Family: "f", Revision: 1, ContainerDefinitions: []structs.ContainerDefinition{
			{Memory: new(int32(8)), ResourceRequirements: []structs.ResourceRequirement{{Type: structs.RequirementGPU, Value: "1"}}},
		}})
		tx.PutJob(&structs.Job{ID: storyJob, Cluster: "default", Type: structs.JobBatch, Status: structs.BatchRunning, TaskDefinition: "f:1",
			Count: 1, Batch: &structs.BatchSpec{Attempts: 1}, Preemption: true})
		tx.PutJob(&structs.Job{ID: "lesser", Cluster: "default", Type: structs.JobBatch, Priority: 1})
		for id, gpus := range map[string][]string{"plain": nil, "with-gpu": {"0"}} {
			tx.PutTask(&structs.Task{ID: id, Job: "lesser", Instance: "x", Memory: 10, GPUs: gpus,
				LastStatus: structs.TaskRunning, DesiredStatus: structs.TaskRunning, CreatedAt: structs.Time(2 - len(gpus))})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	plan := Schedule(Input{View: store.Snapshot(), Evaluation: &structs.Evaluation{ID: "e", Cluster: "default", Job: storyJob}, Now: 5})
	if len(plan.Preempted) != 1 || plan.Preempted[0].Task != "with-gpu" {
		t.Errorf("%+v make way, want the task that holds the GPU", plan.Preempted)
	}
}
