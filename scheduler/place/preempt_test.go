package place

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// TestPreemption: in random clusters, tasks that make way are less important by ten and not
// protected, and once they have ended the tasks that they made way for find room.
func TestPreemption(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		s.job.Type, s.job.Preemption = structs.JobBatch, true
		s.job.Priority = rapid.IntRange(1, 100).Draw(t, "priority")
		priorities := map[string]int{}
		for n, task := range s.tasks {
			if task.Job != "job" {
				task.Job = fmt.Sprintf("j%d", rapid.IntRange(0, 5).Draw(t, "job"))
			}
			task.CreatedAt = structs.Time(n)
			if rapid.IntRange(0, 4).Draw(t, "protected") == 0 {
				task.ProtectedUntil = 1000
			}
		}
		store := stateOf(t, s)
		update(t, store, func(tx *state.Tx) {
			for n := range 6 {
				id := fmt.Sprintf("j%d", n)
				priorities[id] = rapid.IntRange(1, 100).Draw(t, "priority")
				tx.PutJob(&structs.Job{ID: id, Cluster: "default", Type: structs.JobBatch, Priority: priorities[id]})
			}
		})
		r := s.request(store.Snapshot())
		found := Find(r)
		stops := Preempt(r, found, 5)
		if len(stops) > 0 && len(found.Instances) == s.wanted() {
			t.Fatalf("%d make way for nobody", len(stops))
		}
		for _, stop := range stops {
			task := store.Snapshot().Task(stop.Task)
			if priorities[task.Job] > s.job.Priority-10 || task.Job == "job" || task.ProtectedUntil > 5 || task.DesiredStatus == structs.TaskStopped {
				t.Fatalf("task %+v of priority %d makes way for one of %d", task, priorities[task.Job], s.job.Priority)
			}
		}
		if len(stops) == 0 {
			return
		}
		room := func() int {
			after := stateOf(t, s)
			update(t, after, func(tx *state.Tx) {
				for _, task := range slices.Collect(tx.AllTasks()) {
					gone := slices.ContainsFunc(stops, func(stop structs.Stop) bool { return stop.Task == task.ID })
					if gone || task.DesiredStatus == structs.TaskStopped {
						ended := *task
						ended.LastStatus, ended.DesiredStatus = structs.TaskStopped, structs.TaskStopped
						tx.PutTask(&ended)
					}
				}
			})
			return len(Find(s.request(after.Snapshot())).Instances)
		}
		if n := room(); n <= len(found.Instances) {
			t.Fatalf("once %d have made way there is room for %d tasks, as for %d before", len(stops), n, len(found.Instances))
		}
	})
}

func stateOf(t *rapid.T, s *scene) *state.Store {
	store := state.New()
	update(t, store, func(tx *state.Tx) {
		tx.PutJob(s.job)
		tx.PutTaskDefinition(s.def)
		for _, i := range s.instances {
			tx.PutInstance(i)
		}
		for _, task := range s.tasks {
			tx.PutTask(task)
		}
	})
	return store
}

func update(t *rapid.T, store *state.Store, fn func(*state.Tx)) {
	if err := store.Update(store.Snapshot().Index()+1, func(tx *state.Tx) error { fn(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}
