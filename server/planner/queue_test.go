package planner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"github.com/hashicorp/raft"
	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/scheduler"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// queueWorld is a cluster with jobs that queue, and workers that each make a plan at one time and
// submit it at another, with anything between. The broker's rule is kept: one worker for each job.
type queueWorld struct {
	t       *rapid.T
	store   *state.Store
	fsm     *fsm.FSM
	planner *Planner
	plans   []*structs.Plan // made and not submitted yet
	jobs    int
	seeds   uint64
	entries int // plans committed
	// waitedAt is the index at which a job first waited for room.
	waitedAt map[string]uint64
}

func newQueueWorld(t *rapid.T) *queueWorld {
	w := &queueWorld{t: t, store: state.New(), waitedAt: map[string]uint64{}}
	w.fsm = fsm.New(fsm.Config{Store: w.store, Logger: slog.New(slog.DiscardHandler)})
	w.planner = New(Config{Snapshot: w.store.Snapshot, Apply: func(_ context.Context, cmd structs.Command) (structs.Applied, error) { return w.apply(cmd) }})
	for n, memory := range []int32{1, 2} {
		w.do(structs.RegisterTaskDefinition{Definition: structs.TaskDefinition{
			Family: fmt.Sprintf("f%d", n), ContainerDefinitions: []structs.ContainerDefinition{{Name: "app", Memory: new(memory)}},
		}})
	}
	for n := range rapid.IntRange(1, 3).Draw(t, "instances") {
		w.do(structs.RegisterInstance{Instance: structs.ContainerInstance{
			ID: fmt.Sprintf("i%d", n), Cluster: "default", AgentConnected: true,
			Registered: structs.Resources{Memory: rapid.Int64Range(1, 4).Draw(t, "memory")}, RegisteredAt: 1,
		}})
	}
	return w
}

func (w *queueWorld) apply(cmd structs.Command) (structs.Applied, error) {
	entry, err := fsm.Encode(cmd)
	if err != nil {
		return structs.Applied{}, err
	}
	r := w.fsm.Apply(&raft.Log{Index: w.store.Snapshot().Index() + 1, Data: entry}).(fsm.Result)
	return r.Applied, r.Err
}

func (w *queueWorld) do(cmd structs.Command) {
	if _, err := w.apply(cmd); err != nil {
		w.t.Fatal(err)
	}
	w.noteWaiting()
}

func (w *queueWorld) noteWaiting() {
	snap := w.store.Snapshot()
	for e := range snap.BlockedEvaluations("default") {
		if w.waitedAt[e.Job] == 0 {
			w.waitedAt[e.Job] = snap.Index()
		}
	}
}

// addJob makes a job whose tasks queue, or one with attempts.
func (w *queueWorld) addJob() {
	w.jobs++
	cmd := structs.CreateJob{
		Job: structs.Job{
			ID: fmt.Sprintf("%032x", w.jobs), Cluster: "default", Type: structs.JobBatch, Count: rapid.IntRange(1, 3).Draw(w.t, "count"), Version: 0,
			TaskDefinition: rapid.SampledFrom([]string{"f0:1", "f0:1", "f1:1"}).Draw(w.t, "definition"),
			Priority:       rapid.SampledFrom([]int{0, 0, 0, 55, 80}).Draw(w.t, "priority"),
		},
		Evaluation: structs.Evaluation{ID: fmt.Sprintf("e%d", w.jobs), Status: structs.EvaluationReady, CreatedAt: structs.Time(w.jobs)},
	}
	cmd.Job.Preemption = rapid.IntRange(0, 2).Draw(w.t, "preempts") == 1
	if rapid.IntRange(0, 3).Draw(w.t, "with attempts") == 1 {
		cmd.Job.Batch = &structs.BatchSpec{Attempts: 1, Parallelism: rapid.IntRange(0, 2).Draw(w.t, "parallelism")}
	} else {
		cmd.Job.CapacityStrategy = []structs.CapacityProviderStrategyItem{{CapacityProvider: "FARGATE"}}
		for n := range cmd.Job.Count {
			cmd.Tasks = append(cmd.Tasks, fmt.Sprintf("%s-%d", cmd.Evaluation.ID, n))
			cmd.Providers = append(cmd.Providers, "FARGATE")
		}
	}
	w.do(cmd)
}

// ready gives the evaluations that a worker may take.
func (w *queueWorld) ready() (list []*structs.Evaluation) {
	for e := range w.store.Snapshot().Evaluations() {
		if e.WaitUntil != 0 {
			continue // for safety only: nothing here may need it
		}
		taken := slices.ContainsFunc(w.plans, func(p *structs.Plan) bool { return p.Job == e.Job })
		if e.Status == structs.EvaluationReady && !taken {
			list = append(list, e)
		}
	}
	return list
}

// plan lets a worker take an evaluation.
func (w *queueWorld) plan(e *structs.Evaluation) {
	snap := w.store.Snapshot()
	if snap.MoreUrgent(e) { // as a worker does
		return
	}
	w.seeds++
	plan := scheduler.Schedule(scheduler.Input{View: snap, Evaluation: e, Now: 5, Seed: [16]byte{byte(w.seeds), byte(w.seeds >> 8), 1}})
	plan.Seen = snap.Index()
	if len(plan.Placements) > 0 {
		w.checkTurn(snap, &plan)
	}
	w.plans = append(w.plans, &plan)
}

// checkTurn: nobody gets room that somebody has waited for who asked for the same, was there before
// and is as important.
func (w *queueWorld) checkTurn(snap *state.Snapshot, plan *structs.Plan) {
	mine := snap.Job(plan.Job)
	for id, at := range w.waitedAt {
		other := snap.Job(id)
		if at > plan.Seen || id == mine.ID || other.TaskDefinition != mine.TaskDefinition || len(other.CapacityStrategy) != len(mine.CapacityStrategy) {
			continue
		}
		if other.Preemption != mine.Preemption || other.Preemption && other.Importance() != mine.Importance() {
			continue // these ask for room that is not free
		}
		first := other.Importance() > mine.Importance() || other.Importance() == mine.Importance() && other.CreateIndex < mine.CreateIndex
		if first && w.waits(snap, other) {
			w.t.Fatalf("job %s gets room before %s, which waits for the same and is older or more important", mine.ID, other.ID)
		}
	}
}

// checkMakesWay: nobody makes way who is as important.
func (w *queueWorld) checkMakesWay(plan *structs.Plan, task string) {
	snap := w.store.Snapshot()
	if row := snap.Task(task); row != nil && snap.Job(row.Job).Importance() > snap.Job(plan.Job).Importance()-structs.MinPreemptionGap {
		w.t.Fatalf("task %s makes way for job %s, which is not more important by enough", task, plan.Job)
	}
}

// waits says whether a job still stands in the queue.
func (w *queueWorld) waits(snap *state.Snapshot, job *structs.Job) bool {
	for e := range snap.OpenEvaluations(job.ID) {
		if e.Waits() {
			return true
		}
	}
	return false
}

func (w *queueWorld) submit(n int) {
	plan := w.plans[n]
	for _, s := range plan.Preempted {
		w.checkMakesWay(plan, s.Task)
	}
	w.plans = slices.Delete(w.plans, n, n+1)
	_, err := w.planner.Decide(w.t.Context(), plan)
	if err != nil && !errors.Is(err, ErrStale) {
		w.t.Fatal(err)
	}
	w.entries++
	w.noteWaiting()
}

// tasks gives those on instances, or those that are queued.
func (w *queueWorld) tasks(queued bool) (list []*structs.Task) {
	for t := range w.store.Snapshot().AllTasks() {
		if t.Holds() && t.Queued() == queued {
			list = append(list, t)
		}
	}
	return list
}

func (w *queueWorld) end(t *structs.Task) {
	w.do(structs.ReportTasks{Instance: t.Instance, At: 9, Updates: []structs.TaskUpdate{{
		Task: t.ID, Status: structs.TaskStopped, StopCode: structs.StopEssentialContainerExited,
	}}})
}

// step does one thing that can be done.
func (w *queueWorld) step() {
	pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(w.t, "which") }
	switch rapid.IntRange(0, 10).Draw(w.t, "step") {
	case 0, 1:
		w.addJob()
	case 2, 3, 4:
		if ready := w.ready(); len(ready) > 0 {
			w.plan(ready[pick(len(ready))])
		}
	case 5, 6, 7:
		if len(w.plans) > 0 {
			w.submit(pick(len(w.plans)))
		}
	case 8:
		if on := w.tasks(false); len(on) > 0 {
			w.end(on[pick(len(on))])
		}
	case 9:
		if queued := w.tasks(true); len(queued) > 0 {
			w.do(structs.StopTasks{Tasks: []string{queued[pick(len(queued))].ID}, StopCode: structs.StopUserInitiated, At: 9})
		}
	case 10:
		if w.jobs > 0 && rapid.Bool().Draw(w.t, "stop a job") {
			w.do(structs.StopJob{Job: fmt.Sprintf("%032x", 1+pick(w.jobs)), At: 9})
		} else {
			status := rapid.SampledFrom([]string{structs.InstanceActive, structs.InstanceDraining}).Draw(w.t, "status")
			w.do(structs.SetInstanceStatus{Instances: []string{"i0"}, Status: status, At: 9})
		}
	}
}

func (w *queueWorld) rest() {
	for range 10_000 {
		for len(w.plans) > 0 {
			w.submit(0)
		}
		ready := w.ready()
		if len(ready) == 0 {
			return
		}
		snap := w.store.Snapshot()
		slices.SortStableFunc(ready, func(a, b *structs.Evaluation) int { return snap.Importance(b) - snap.Importance(a) })
		w.plan(ready[0])
	}
	w.t.Fatal("evaluations go on and on")
}

// letStop ends the tasks that were asked to stop, and what then starts, until nobody makes way any
// more. Who lets others make way gets their room, or else this goes on and on.
func (w *queueWorld) letStop() {
	for range 100 {
		on := slices.DeleteFunc(w.tasks(false), func(t *structs.Task) bool { return t.DesiredStatus != structs.TaskStopped })
		if len(on) == 0 {
			return
		}
		w.end(on[0])
		w.rest()
	}
	w.t.Fatal("tasks make way on and on, and nobody gets their room")
}

// checkNobodyIsForgotten: once nothing is ready, whoever waits would find no room, and all that is
// queued waits.
func (w *queueWorld) checkNobodyIsForgotten() {
	snap := w.store.Snapshot()
	for t := range snap.AllTasks() {
		if t.Queued() && !w.waits(snap, snap.Job(t.Job)) {
			w.t.Fatalf("task %s is queued and nothing will place it", t.ID)
		}
	}
	for first := range snap.FirstWaiting("default") {
		plan := scheduler.Schedule(scheduler.Input{View: snap, Evaluation: first, Now: 5, Seed: [16]byte{9}})
		if len(plan.Placements)+len(plan.Preempted) > 0 || plan.Unplaced == 0 {
			w.t.Fatalf("evaluation %s is forgotten: there is room for %d of its tasks, and %d wait", first.ID, len(plan.Placements), plan.Unplaced)
		}
	}
}

// TestQueueForgetsNobody: whatever happens between a plan and its entry, room goes to who waits for
// it, in turn.
func TestQueueForgetsNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newQueueWorld(t)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			w.step()
		}
		w.rest()
		w.letStop()
		w.checkNobodyIsForgotten()
		for on := w.tasks(false); len(on) > 0; on = w.tasks(false) { // all comes to its end
			w.end(on[0])
			w.rest()
			w.letStop()
			w.checkNobodyIsForgotten()
		}
	})
}

// TestQueueCostsTheLogLittle: a task that ends makes room for one of a thousand that wait, and
// costs two plans: the one that takes its place, and the next one's, which finds none.
func TestQueueCostsTheLogLittle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newQueueWorld(t)
		w.do(structs.SetInstanceStatus{Instances: []string{"i0"}, Status: structs.InstanceActive, At: 9})
		for range rapid.IntRange(20, 40).Draw(t, "jobs") {
			w.jobs++
			id := fmt.Sprint(w.jobs)
			w.do(structs.CreateJob{
				Job: structs.Job{
					ID: id, Cluster: "default", Type: structs.JobBatch, Count: 1, TaskDefinition: "f0:1",
					CapacityStrategy: []structs.CapacityProviderStrategyItem{{CapacityProvider: "FARGATE"}},
				},
				Evaluation: structs.Evaluation{ID: "e" + id, Status: structs.EvaluationReady},
				Tasks:      []string{"t" + id}, Providers: []string{"FARGATE"},
			})
			w.rest()
		}
		for on := w.tasks(false); len(on) > 0; on = w.tasks(false) {
			before := w.entries
			w.end(on[0])
			w.rest()
			if n := w.entries - before; n > 2 {
				t.Fatalf("one task ended, and %d plans were committed", n)
			}
		}
		if left := w.tasks(true); len(left) > 0 {
			t.Fatalf("%d tasks never started", len(left))
		}
	})
}
