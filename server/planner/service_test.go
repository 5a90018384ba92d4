package planner

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/scheduler"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// cell is a cluster whose entries go through the real state machine.
type cell struct {
	t       *testing.T
	store   *state.Store
	fsm     *fsm.FSM
	planner *Planner
	entries []structs.Plan
	// before runs once, ahead of the next plan's entry.
	before func()
}

func newCell(t *testing.T) *cell {
	c := &cell{t: t, store: state.New(), before: func() {}}
	c.fsm = fsm.New(fsm.Config{Store: c.store, Logger: slog.New(slog.DiscardHandler)})
	c.planner = New(Config{Snapshot: c.store.Snapshot, Apply: c.apply})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.planner.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	c.do(structs.RegisterTaskDefinition{Definition: structs.TaskDefinition{
		Family: "web", ContainerDefinitions: []structs.ContainerDefinition{{Name: "app", Memory: new(int32(1))}},
	}})
	c.do(structs.RegisterInstance{Instance: structs.ContainerInstance{
		ID: "i", Cluster: "default", AgentConnected: true, Registered: structs.Resources{CPU: 100, Memory: 3}, RegisteredAt: 1,
	}})
	return c
}

func (c *cell) apply(_ context.Context, cmd structs.Command) (structs.Applied, error) {
	if plan, ok := cmd.(structs.ApplyPlan); ok {
		c.entries = append(c.entries, plan.Plan)
		before := c.before
		c.before = func() {}
		before()
	}
	entry, err := fsm.Encode(cmd)
	if err != nil {
		return structs.Applied{}, err
	}
	r := c.fsm.Apply(&raft.Log{Index: c.store.Snapshot().Index() + 1, Data: entry}).(fsm.Result)
	return r.Applied, r.Err
}

func (c *cell) do(cmd structs.Command) {
	c.t.Helper()
	if _, err := c.apply(c.t.Context(), cmd); err != nil {
		c.t.Fatal(err)
	}
}

// putService puts version n of service web, with an evaluation of the name e and n, and with a new
// deployment where it has none.
func (c *cell) putService(version, count int) (eval string) {
	c.t.Helper()
	eval = string(rune('0'+version)) + "e"
	cmd := structs.PutService{
		Job: structs.Job{
			ID: "web", Cluster: "default", Name: "web", Type: structs.JobService, Version: version, TaskDefinition: "web:1", Count: count,
			Service: &structs.ServiceSpec{Update: structs.UpdatePolicy{MinimumHealthyPercent: 100, MaximumPercent: 200}},
		},
		Evaluation: structs.Evaluation{ID: eval, Status: structs.EvaluationReady},
	}
	if version == 1 {
		cmd.Deployment = &structs.Deployment{ID: "ecs-svc/1", Rollout: structs.RolloutInProgress}
	}
	c.do(cmd)
	return eval
}

// plan schedules an evaluation on the newest state.
func (c *cell) plan(eval string, seed byte) *structs.Plan {
	snap := c.store.Snapshot()
	plan := scheduler.Schedule(scheduler.Input{View: snap, Evaluation: snap.Evaluation(eval), Now: 5, Seed: [16]byte{seed}})
	plan.Seen = snap.Index()
	return &plan
}

func (c *cell) taskCount() int { return len(slices.Collect(c.store.Snapshot().JobTasks("web"))) }

func (c *cell) events() (messages []string) {
	for _, e := range c.store.Snapshot().ServiceEvents("web").Events {
		messages = append(messages, e.Message)
	}
	return messages
}

// fill places n tasks of a batch job.
func (c *cell) fill(n int) {
	c.t.Helper()
	c.do(structs.CreateJob{
		Job:        structs.Job{ID: "batch", Cluster: "default", Type: structs.JobBatch, TaskDefinition: "web:1", Count: n},
		Evaluation: structs.Evaluation{ID: "batch", Status: structs.EvaluationReady},
	})
	submit(c.t, c.planner, c.plan("batch", 99))
}

// TestServicePlanInParts: what a plan changes besides its tasks comes with the first part and is
// not done again with the rest, and each event tells of what was done.
func TestServicePlanInParts(t *testing.T) {
	c := newCell(t)
	eval := c.putService(1, 3)
	plan := c.plan(eval, 1)
	c.fill(2)
	outcome := submit(t, c.planner, plan)
	if len(outcome.Refused) != 2 || c.taskCount() != 1 || c.store.Snapshot().Evaluation(eval).Status != structs.EvaluationReady {
		t.Fatalf("outcome %+v, %d tasks, evaluation %+v; want one task and the evaluation open", outcome, c.taskCount(), c.store.Snapshot().Evaluation(eval))
	}
	if len(plan.Placements) != 3 || !strings.Contains(plan.Events[0].Message, "started 3 tasks") {
		t.Error("the submitted plan was changed")
	}
	started := "(service web) has started 1 tasks: (task " + plan.Placements[0].Task + ")."
	if got := c.events(); !slices.Equal(got, []string{started}) {
		t.Errorf("events %q, want %q", got, started)
	}
	if outcome := submit(t, c.planner, c.plan(eval, 2)); len(outcome.Refused) != 0 {
		t.Fatalf("planned again: %+v", outcome)
	}
	e := c.store.Snapshot().Evaluation(eval)
	if e.Status != structs.EvaluationBlocked || e.Unplaced != 2 || c.taskCount() != 1 {
		t.Errorf("evaluation %+v, %d tasks; want it blocked for the other two", e, c.taskCount())
	}
	if got := c.events(); len(got) != 2 || !strings.Contains(got[0], "was unable to place a task") || got[1] != started {
		t.Errorf("events %q", got)
	}
}

// TestStopsAreCommittedThoughNothingFits: tasks that make way must not wait for the room that they
// hold.
func TestStopsAreCommittedThoughNothingFits(t *testing.T) {
	c := newCell(t)
	eval := c.putService(1, 1)
	submit(t, c.planner, c.plan(eval, 1))
	var old string
	for task := range c.store.Snapshot().JobTasks("web") {
		old = task.ID
	}
	eval = c.putService(2, 2)
	plan := c.plan(eval, 2)
	plan.Stops = []structs.Stop{{Task: old, Code: structs.StopServiceSchedulerInitiated, Reason: "makes way"}}
	plan.FollowUp = &structs.Evaluation{ID: "f", WaitUntil: 99}
	c.fill(2)
	before := len(c.entries)
	outcome := submit(t, c.planner, plan)
	if len(outcome.Refused) != 1 || len(c.entries) != before+1 {
		t.Fatalf("outcome %+v, %d entries, want the one task refused in one entry", outcome, len(c.entries)-before)
	}
	snap := c.store.Snapshot()
	if task := snap.Task(old); task.StoppedReason != "makes way" {
		t.Errorf("task %+v, want it stopped", task)
	}
	if snap.Evaluation(eval).Status != structs.EvaluationReady || snap.Evaluation("f") != nil {
		t.Error("the evaluation is decided, or followed up, though a part was refused")
	}
	for _, message := range c.events()[:len(c.events())-1] { // the oldest is that of the first task
		if strings.Contains(message, "has started") {
			t.Errorf("event %q, but nothing was started", message)
		}
	}
}

func TestPlanForAnEarlierVersionIsStale(t *testing.T) {
	c := newCell(t)
	plan := c.plan(c.putService(1, 1), 1)
	c.putService(2, 2)
	before := len(c.entries)
	if _, err := c.planner.Submit(t.Context(), plan); !errors.Is(err, ErrStale) || len(c.entries) != before {
		t.Errorf("%v, %d new entries; want it refused before the log", err, len(c.entries)-before)
	}
}

// TestPlanThatBecomesStaleOnItsWay: the service changes between the check and the entry. The worker
// is to plan anew at once.
func TestPlanThatBecomesStaleOnItsWay(t *testing.T) {
	c := newCell(t)
	plan := c.plan(c.putService(1, 1), 1)
	c.before = func() { c.putService(2, 2) }
	if _, err := c.planner.Submit(t.Context(), plan); !errors.Is(err, ErrStale) || c.taskCount() != 0 {
		t.Errorf("%v, %d tasks; want it stale", err, c.taskCount())
	}
	submit(t, c.planner, c.plan("1e", 2))
	if c.taskCount() != 2 {
		t.Errorf("%d tasks, want those of the new version", c.taskCount())
	}
}

// TestLatePlanOfAnotherEvaluation: a worker loses an evaluation by timeout, another one decides a
// later evaluation of the job, and then the first plan comes after all.
func TestLatePlanOfAnotherEvaluation(t *testing.T) {
	c := newCell(t)
	late := c.plan(c.putService(1, 1), 1)
	other := structs.Evaluation{ID: "other", Job: "web", Cluster: "default", Status: structs.EvaluationReady}
	if err := c.store.Update(c.store.Snapshot().Index()+1, func(tx *state.Tx) error { tx.PutEvaluation(&other); return nil }); err != nil {
		t.Fatal(err)
	}
	submit(t, c.planner, c.plan("other", 2))
	if _, err := c.planner.Submit(t.Context(), late); !errors.Is(err, ErrStale) || c.taskCount() != 1 {
		t.Errorf("%v, %d tasks; want the late plan refused, and one task", err, c.taskCount())
	}
	submit(t, c.planner, c.plan("1e", 3))
	if c.taskCount() != 1 {
		t.Errorf("%d tasks after the first evaluation was planned anew, want one", c.taskCount())
	}
}
