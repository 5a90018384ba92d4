package planner

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// TestServicePlanInParts: other changes of a plan than its tasks come with the first part and are
// not repeated with the rest, and each event reports what was done.
func TestServicePlanInParts(t *testing.T) {
	c := newCluster(t)
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
	c := newCluster(t)
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
	c := newCluster(t)
	plan := c.plan(c.putService(1, 1), 1)
	c.putService(2, 2)
	before := len(c.entries)
	if _, err := c.planner.Submit(t.Context(), plan); !errors.Is(err, ErrStale) || len(c.entries) != before {
		t.Errorf("%v, %d new entries; want it refused before the log", err, len(c.entries)-before)
	}
}

// TestPlanThatBecomesStaleOnItsWay: the service changes between the check and the entry. The worker
// has to plan again at once.
func TestPlanThatBecomesStaleOnItsWay(t *testing.T) {
	c := newCluster(t)
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
	c := newCluster(t)
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
