package planner

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// TestManyWorkers: plans made side by side for more tasks than there is room for never over-commit,
// and everything is decided.
func TestManyWorkers(t *testing.T) {
	const jobs, perJob, instances, room, workers = 60, 7, 10, 30, 8 // 420 tasks for 300 rooms
	h := newHarness(t)
	for n := range instances {
		h.addInstance(fmt.Sprint("i", n), room)
	}
	for n := range jobs {
		if n%4 == 0 {
			h.addJob(fmt.Sprint("j", n), perJob, 80)
		} else {
			h.addJob(fmt.Sprint("j", n), perJob)
		}
	}
	p := h.start()
	todo := make(chan string, jobs)
	for n := range jobs {
		todo <- fmt.Sprint("j", n)
	}
	close(todo)
	var work sync.WaitGroup
	for range workers {
		work.Go(func() {
			for job := range todo {
				for refused := 1; refused > 0; {
					outcome, err := p.Submit(t.Context(), h.planFor(job))
					if err != nil {
						t.Errorf("job %s: %v", job, err)
						return
					}
					refused = len(outcome.Refused)
				}
			}
		})
	}
	work.Wait()

	snap, placed := h.store.Snapshot(), 0
	for i := range snap.AllInstances() {
		u := snap.Usage(i.ID)
		if u.Memory > room {
			t.Errorf("instance %s holds %d of %d MiB", i.ID, u.Memory, room)
		}
		if len(slices.Compact(slices.Clone(u.Ports))) != len(u.Ports) {
			t.Errorf("instance %s gave a port twice: %v", i.ID, u.Ports)
		}
	}
	for e := range snap.Evaluations() {
		n := h.tasks(e.Job)
		placed += n
		if e.Status != structs.EvaluationDone || n+e.Unplaced != perJob {
			t.Errorf("job %s has %d tasks of %d, its evaluation is %+v", e.Job, n, perJob, e)
		}
	}
	if placed != instances*room {
		t.Errorf("%d tasks are placed, there is room for %d", placed, instances*room)
	}
}
