package scheduler

import (
	"fmt"
	"reflect"
	"regexp"
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// cluster is a state with n instances and a job.
func cluster(t testing.TB, n int, job *structs.Job) *state.Snapshot {
	store := state.New()
	err := store.Update(1, func(tx *state.Tx) error {
		for i := range n {
			tx.PutInstance(&structs.ContainerInstance{
				ID: fmt.Sprintf("%032x", i), Cluster: "default", Status: structs.InstanceActive, AgentConnected: true,
				Registered: structs.Resources{CPU: 8192, Memory: 16384 + int64(i%7)*512},
			})
		}
		tx.PutJob(job)
		tx.PutTaskDefinition(&structs.TaskDefinition{
			Family: "f", Revision: 1, Cpu: "256", ContainerDefinitions: []structs.ContainerDefinition{{Memory: new(int32(512))}},
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return store.Snapshot()
}

func batchJob(count int) *structs.Job {
	return &structs.Job{ID: "j", Cluster: "default", Type: structs.JobBatch, TaskDefinition: "f:1", Count: count}
}

func TestPlanCarriesEvaluationAndNeed(t *testing.T) {
	job := batchJob(2)
	job.Overrides = &structs.TaskOverride{Cpu: "512"}
	eval := &structs.Evaluation{ID: "e", Job: "j", ModifyIndex: 7}
	plan := Schedule(Input{View: cluster(t, 1, job), Evaluation: eval, Now: 42})
	if plan.Evaluation != "e" || plan.EvaluationIndex != 7 || plan.Job != "j" || plan.At != 42 || plan.Status != structs.EvaluationDone {
		t.Errorf("the plan is %+v", plan)
	}
	if plan.Need.CPU != 512 || plan.Need.Memory != 512 {
		t.Errorf("each task holds %+v; the override asks for 512 cpu units, the definition for 512 MiB", plan.Need)
	}
}

func TestNothingToPlan(t *testing.T) {
	eval := &structs.Evaluation{ID: "e", Job: "j"}
	t.Run("the job has gone", func(t *testing.T) {
		plan := Schedule(Input{View: state.New().Snapshot(), Evaluation: eval})
		if plan.Status != structs.EvaluationDone || len(plan.Placements)+plan.Unplaced+len(plan.Failures) != 0 {
			t.Errorf("the plan is %+v", plan)
		}
	})
	t.Run("its task definition has gone", func(t *testing.T) {
		job := batchJob(3)
		job.TaskDefinition = "gone:1"
		plan := Schedule(Input{View: cluster(t, 1, job), Evaluation: eval})
		if plan.Status != structs.EvaluationDone || plan.Unplaced != 3 || len(plan.Failures) != 1 || plan.Failures[0].Detail == "" {
			t.Errorf("the plan is %+v", plan)
		}
	})
}

func TestTaskIDs(t *testing.T) {
	const perSeed = 10_000
	form := regexp.MustCompile(`^[0-9a-f]{32}$`)
	seen := map[string]bool{}
	// The first three differ by one in either half.
	for _, seed := range [][16]byte{{}, {7: 1}, {15: 1}, {0: 0xff, 15: 0xff}} {
		ids := newTaskIDs(seed)
		for range perSeed {
			id := ids.next()
			if !form.MatchString(id) {
				t.Fatalf("%q is no id", id)
			}
			seen[id] = true
		}
	}
	if want := 4 * perSeed; len(seen) != want {
		t.Errorf("%d different ids, want %d", len(seen), want)
	}
}

func BenchmarkSchedule(b *testing.B) {
	for _, instances := range []int{1_000, 10_000} {
		b.Run(fmt.Sprintf("instances=%d/tasks=1000", instances), func(b *testing.B) {
			in := Input{View: cluster(b, instances, batchJob(1000)), Evaluation: &structs.Evaluation{ID: "e", Job: "j"}}
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				in.Seed[0] = byte(n)
				if plan := Schedule(in); len(plan.Placements) != 1000 {
					b.Fatalf("%d placed", len(plan.Placements))
				}
			}
			b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "placements/s")
		})
	}
}

// TestQueuedTasksArePlaced: the tasks of a job that queues are there already, and what finds no
// room waits.
func TestQueuedTasksArePlaced(t *testing.T) {
	store := state.New()
	err := store.Update(1, func(tx *state.Tx) error {
		tx.PutInstance(&structs.ContainerInstance{
			ID: "a", Cluster: "default", Status: structs.InstanceActive, AgentConnected: true, Registered: structs.Resources{Memory: 100},
		})
		tx.PutTaskDefinition(&structs.TaskDefinition{Family: "f", Revision: 1, ContainerDefinitions: []structs.ContainerDefinition{{Memory: new(int32(50))}}})
		tx.PutJob(&structs.Job{
			ID: "job", Cluster: "default", Type: structs.JobBatch, TaskDefinition: "f:1", Count: 5,
			CapacityStrategy: []structs.CapacityProviderStrategyItem{{CapacityProvider: "FARGATE"}},
		})
		for id, instance := range map[string]string{"t1": "", "t2": "a", "t3": "", "t4": "", "t5": ""} {
			row := &structs.Task{ID: id, Job: "job", Instance: instance, CapacityProvider: "FARGATE",
				LastStatus: structs.TaskProvisioning, DesiredStatus: structs.TaskRunning, Memory: 50}
			if id == "t3" {
				row.LastStatus, row.DesiredStatus = structs.TaskStopped, structs.TaskStopped
			}
			tx.PutTask(row)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	plan := Schedule(Input{View: store.Snapshot(), Evaluation: &structs.Evaluation{ID: "e", Job: "job"}, Now: 5})
	if want := []structs.Placement{{Task: "t1", Instance: "a", Provider: "FARGATE"}}; !reflect.DeepEqual(plan.Placements, want) {
		t.Errorf("placed %v, want %v", plan.Placements, want)
	}
	if plan.Unplaced != 2 || plan.Status != structs.EvaluationBlocked || len(plan.Failures) == 0 {
		t.Errorf("unplaced %d, evaluation %s, failures %v; want t4 and t5 to wait", plan.Unplaced, plan.Status, plan.Failures)
	}
}
