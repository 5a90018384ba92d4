package planner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/hashicorp/raft"
	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/scheduler"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// queueHarness is a cluster with jobs that queue, and workers that each make a plan at one time and
// submit it at another, with anything in between. They keep the broker's rule: one worker for each
// job.
type queueHarness struct {
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

func newQueueHarness(t *rapid.T) *queueHarness {
	h := &queueHarness{t: t, store: state.New(), waitedAt: map[string]uint64{}}
	h.fsm = fsm.New(fsm.Config{Store: h.store, Logger: slog.New(slog.DiscardHandler)})
	h.planner = New(Config{Snapshot: h.store.Snapshot, Apply: func(_ context.Context, cmd structs.Command) (structs.Applied, error) { return h.apply(cmd) }})
	for n, memory := range []int32{1, 2} {
		h.do(structs.RegisterTaskDefinition{Definition: structs.TaskDefinition{
			Family: fmt.Sprintf("f%d", n), ContainerDefinitions: []structs.ContainerDefinition{{Name: "app", Memory: new(memory)}},
		}})
	}
	for n := range rapid.IntRange(1, 3).Draw(t, "instances") {
		h.do(structs.RegisterInstance{Instance: structs.ContainerInstance{
			ID: fmt.Sprintf("i%d", n), Cluster: "default", AgentConnected: true,
			Registered: structs.Resources{Memory: rapid.Int64Range(1, 4).Draw(t, "memory")}, RegisteredAt: 1,
		}})
	}
	return h
}

func (h *queueHarness) apply(cmd structs.Command) (structs.Applied, error) {
	entry, err := fsm.Encode(cmd)
	if err != nil {
		return structs.Applied{}, err
	}
	r := h.fsm.Apply(&raft.Log{Index: h.store.Snapshot().Index() + 1, Data: entry}).(fsm.Result)
	return r.Applied, r.Err
}

func (h *queueHarness) do(cmd structs.Command) {
	if _, err := h.apply(cmd); err != nil {
		h.t.Fatal(err)
	}
	h.noteWaiting()
}

func (h *queueHarness) noteWaiting() {
	snap := h.store.Snapshot()
	for e := range snap.BlockedEvaluations("default") {
		if h.waitedAt[e.Job] == 0 {
			h.waitedAt[e.Job] = snap.Index()
		}
	}
}

// addJob creates a job whose tasks queue, or one with attempts.
func (h *queueHarness) addJob() {
	h.jobs++
	cmd := structs.CreateJob{
		Job: structs.Job{
			ID: fmt.Sprintf("%032x", h.jobs), Cluster: "default", Type: structs.JobBatch, Count: rapid.IntRange(1, 3).Draw(h.t, "count"), Version: 0,
			TaskDefinition: rapid.SampledFrom([]string{"f0:1", "f0:1", "f1:1"}).Draw(h.t, "definition"),
			Priority:       rapid.SampledFrom([]int{0, 0, 0, 55, 80}).Draw(h.t, "priority"),
		},
		Evaluation: structs.Evaluation{ID: fmt.Sprintf("e%d", h.jobs), Status: structs.EvaluationReady, CreatedAt: structs.Time(h.jobs)},
	}
	cmd.Job.Preemption = rapid.IntRange(0, 2).Draw(h.t, "preempts") == 1
	if rapid.IntRange(0, 3).Draw(h.t, "with attempts") == 1 {
		cmd.Job.Batch = &structs.BatchSpec{Attempts: 1, Parallelism: rapid.IntRange(0, 2).Draw(h.t, "parallelism")}
	} else {
		cmd.Job.CapacityStrategy = []structs.CapacityProviderStrategyItem{{CapacityProvider: "FARGATE"}}
		for n := range cmd.Job.Count {
			cmd.Tasks = append(cmd.Tasks, fmt.Sprintf("%s-%d", cmd.Evaluation.ID, n))
			cmd.Providers = append(cmd.Providers, "FARGATE")
		}
	}
	h.do(cmd)
}

// ready returns the evaluations that a worker may take.
func (h *queueHarness) ready() (list []*structs.Evaluation) {
	for e := range h.store.Snapshot().Evaluations() {
		if e.WaitUntil != 0 {
			continue // for safety only: nothing here may need it
		}
		taken := slices.ContainsFunc(h.plans, func(p *structs.Plan) bool { return p.Job == e.Job })
		if e.Status == structs.EvaluationReady && !taken {
			list = append(list, e)
		}
	}
	return list
}

// plan lets a worker take an evaluation.
func (h *queueHarness) plan(e *structs.Evaluation) {
	snap := h.store.Snapshot()
	if snap.MoreUrgent(e) { // as a worker does
		return
	}
	h.seeds++
	plan := scheduler.Schedule(scheduler.Input{View: snap, Evaluation: e, Now: 5, Seed: [16]byte{byte(h.seeds), byte(h.seeds >> 8), 1}})
	plan.Seen = snap.Index()
	if len(plan.Placements) > 0 {
		h.checkTurn(snap, &plan)
	}
	h.plans = append(h.plans, &plan)
}

func (h *queueHarness) submit(n int) {
	plan := h.plans[n]
	for _, s := range plan.Preempted {
		h.checkMakesWay(plan, s.Task)
	}
	h.plans = slices.Delete(h.plans, n, n+1)
	_, err := h.planner.Decide(h.t.Context(), plan)
	if err != nil && !errors.Is(err, ErrStale) {
		h.t.Fatal(err)
	}
	h.entries++
	h.noteWaiting()
}

// tasks returns those on instances, or those that are queued.
func (h *queueHarness) tasks(queued bool) (list []*structs.Task) {
	for t := range h.store.Snapshot().AllTasks() {
		if t.Holds() && t.Queued() == queued {
			list = append(list, t)
		}
	}
	return list
}

func (h *queueHarness) end(t *structs.Task) {
	h.do(structs.ReportTasks{Instance: t.Instance, At: 9, Updates: []structs.TaskUpdate{{
		Task: t.ID, Status: structs.TaskStopped, StopCode: structs.StopEssentialContainerExited,
	}}})
}

// step does one thing that can be done.
func (h *queueHarness) step() {
	pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(h.t, "which") }
	switch rapid.IntRange(0, 10).Draw(h.t, "step") {
	case 0, 1:
		h.addJob()
	case 2, 3, 4:
		if ready := h.ready(); len(ready) > 0 {
			h.plan(ready[pick(len(ready))])
		}
	case 5, 6, 7:
		if len(h.plans) > 0 {
			h.submit(pick(len(h.plans)))
		}
	case 8:
		if on := h.tasks(false); len(on) > 0 {
			h.end(on[pick(len(on))])
		}
	case 9:
		if queued := h.tasks(true); len(queued) > 0 {
			h.do(structs.StopTasks{Tasks: []string{queued[pick(len(queued))].ID}, StopCode: structs.StopUserInitiated, At: 9})
		}
	case 10:
		if h.jobs > 0 && rapid.Bool().Draw(h.t, "stop a job") {
			h.do(structs.StopJob{Job: fmt.Sprintf("%032x", 1+pick(h.jobs)), At: 9})
		} else {
			status := rapid.SampledFrom([]string{structs.InstanceActive, structs.InstanceDraining}).Draw(h.t, "status")
			h.do(structs.SetInstanceStatus{Instances: []string{"i0"}, Status: status, At: 9})
		}
	}
}

func (h *queueHarness) rest() {
	for range 10_000 {
		for len(h.plans) > 0 {
			h.submit(0)
		}
		ready := h.ready()
		if len(ready) == 0 {
			return
		}
		snap := h.store.Snapshot()
		slices.SortStableFunc(ready, func(a, b *structs.Evaluation) int { return snap.Importance(b) - snap.Importance(a) })
		h.plan(ready[0])
	}
	h.t.Fatal("evaluations go on and on")
}

// letStop ends the tasks that were asked to stop, and starts others, until none makes way any more.
// If jobs did not get the room of the tasks that make way for them, this would go on forever.
func (h *queueHarness) letStop() {
	for range 100 {
		on := slices.DeleteFunc(h.tasks(false), func(t *structs.Task) bool { return t.DesiredStatus != structs.TaskStopped })
		if len(on) == 0 {
			return
		}
		h.end(on[0])
		h.rest()
	}
	h.t.Fatal("tasks make way on and on, and nobody gets their room")
}
