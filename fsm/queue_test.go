package fsm

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// queueing returns cluster with job q1, whose tasks q1a and q1b wait for room: its evaluation qe1
// is blocked.
func queueing(t testing.TB) *harness {
	h := cluster(t)
	h.do(planOf("e1", "j1"))
	cmd := createJobCommand("q1", "qe1")
	cmd.Job.Type, cmd.Job.CapacityStrategy = structs.JobBatch, []structs.CapacityProviderStrategyItem{{CapacityProvider: "FARGATE"}}
	cmd.Tasks, cmd.Providers = []string{"q1a", "q1b"}, []string{"FARGATE", "FARGATE"}
	h.do(cmd)
	plan := planOf("qe1", "q1")
	plan.Plan.Status, plan.Plan.Unplaced = structs.EvaluationBlocked, 2
	h.do(plan)
	return h
}

func TestQueuedTasks(t *testing.T) {
	h := queueing(t)
	want := &structs.Task{
		ID: "q1a", Cluster: "prod", Job: "q1", TaskDefinition: "web:1", Group: "family:web", StartedBy: "me",
		LastStatus: structs.TaskProvisioning, DesiredStatus: structs.TaskRunning, Version: 1, CPU: 384, Memory: 384, CreatedAt: 10,
		CapacityProvider: "FARGATE",
	}
	if diff := cmp.Diff(want, h.snap().Task("q1a")); diff != "" {
		t.Error(diff)
	}
	if tags := h.snap().Tags("task/prod/q1a"); len(tags) != 1 {
		t.Errorf("tags %v", tags)
	}
	h.do(report("", runningUpdate("q1a", "")))
	if diff := cmp.Diff(want, h.snap().Task("q1a")); diff != "" {
		t.Errorf("a report of no instance counts: %s", diff)
	}

	plan := planOf("qe1", "q1", structs.Placement{Task: "q1a", Instance: "i1", Provider: "FARGATE"})
	plan.Plan.Status, plan.Plan.Unplaced = structs.EvaluationBlocked, 1
	h.do(plan)
	want.Instance, want.Version = "i1", 2
	if diff := cmp.Diff(want, h.snap().Task("q1a")); diff != "" {
		t.Errorf("placed: %s", diff)
	}
	if on := slices.Collect(h.snap().InstanceTasks("i1")); len(on) != 1 || h.snap().Usage("i1").Memory != 384 {
		t.Error("a task that was placed does not count for its instance")
	}
	if diff := cmp.Diff(map[string]string{"qe1": "blocked "}, h.open("q1")); diff != "" {
		t.Error(diff)
	}
}

// TestQueuedTaskIsPlacedOnce: a plan that was made twice, or for a task that was stopped since,
// changes nothing.
func TestQueuedTaskIsPlacedOnce(t *testing.T) {
	h := queueing(t)
	h.do(structs.StopTasks{Tasks: []string{"q1b"}, StopCode: structs.StopUserInitiated, Reason: "no more", At: 70})
	plan := planOf("qe1", "q1", structs.Placement{Task: "q1a", Instance: "i1"}, structs.Placement{Task: "q1b", Instance: "i1"})
	plan.Plan.Status = structs.EvaluationBlocked
	h.do(plan)
	if e := h.snap().Evaluation("qe1"); e.Unplaced != 0 || len(e.Failures) > 0 {
		t.Errorf("a task that was stopped counts as unplaced: %+v", e)
	}
	if row := h.snap().Task("q1b"); row.Instance != "" || row.LastStatus != structs.TaskStopped {
		t.Errorf("a stopped task was placed: %+v", row)
	}
	if e := h.snap().Evaluation("qe1"); e.Status != structs.EvaluationDone || e.DoneAt != 20 {
		t.Errorf("with nothing left to place the evaluation is %s", e.Status)
	}
	h.change(func(tx *state.Tx) {
		tx.PutEvaluation(&structs.Evaluation{ID: "qe2", Cluster: "prod", Job: "q1", Status: structs.EvaluationReady})
	})
	h.do(planOf("qe2", "q1", structs.Placement{Task: "q1a", Instance: "i2"}))
	if row := h.snap().Task("q1a"); row.Instance != "i1" {
		t.Errorf("the task moved to %s", row.Instance)
	}
}

func TestStopQueuedTask(t *testing.T) {
	h := queueing(t)
	h.do(structs.StopTasks{Tasks: []string{"q1a"}, StopCode: structs.StopUserInitiated, Reason: "no more", At: 70})
	row := h.snap().Task("q1a")
	if row.LastStatus != structs.TaskStopped || row.StoppedAt != 70 || row.StoppedReason != "no more" || row.Version != 2 {
		t.Errorf("it is not STOPPED at once: %+v", row)
	}
	if got := h.snap().Evaluation("qe1").Status; got != structs.EvaluationBlocked {
		t.Errorf("with a task left the evaluation is %s", got)
	}
	h.do(structs.StopTasks{Tasks: []string{"q1b"}, StopCode: structs.StopUserInitiated, Reason: "no more", At: 71})
	if e := h.snap().Evaluation("qe1"); e.Status != structs.EvaluationDone || e.DoneAt != 71 {
		t.Errorf("with no task left the evaluation is %s", e.Status)
	}
	h.do(structs.Collect{Before: 1000})
	if h.snap().Task("q1a") != nil || h.snap().Job("q1") != nil {
		t.Error("the job is not forgotten")
	}
}

// TestQueuedTaskWhoseInstanceWent: the job of a placement that is no longer possible is looked at
// again at once, because nothing else would.
func TestQueuedTaskWhoseInstanceWent(t *testing.T) {
	h := queueing(t)
	setStatus(h, "i1", structs.InstanceDraining)
	h.do(planOf("qe1", "q1", structs.Placement{Task: "q1a", Instance: "i1"}, structs.Placement{Task: "q1b", Instance: "i2"}))
	if e := h.snap().Evaluation("qe1"); e.Status != structs.EvaluationReady || e.DoneAt != 0 {
		t.Errorf("the evaluation is %s, with a task that has no place", e.Status)
	}
}

// TestRoomOfAQueuedTaskThatWasStopped: a plan found room for one task of two. That one was stopped
// before the entry, so the room is the other one's.
func TestRoomOfAQueuedTaskThatWasStopped(t *testing.T) {
	h := queueing(t)
	h.do(structs.StopTasks{Tasks: []string{"q1a"}, StopCode: structs.StopUserInitiated, At: 70})
	plan := planOf("qe1", "q1", structs.Placement{Task: "q1a", Instance: "i1"})
	plan.Plan.Status, plan.Plan.Unplaced = structs.EvaluationBlocked, 1
	h.do(plan)
	if e := h.snap().Evaluation("qe1"); e.Status != structs.EvaluationReady {
		t.Errorf("the evaluation is %s, want it ready", e.Status)
	}
}

// TestPreemptionLosesItsRoom: tasks make way for a job on an instance that then takes no more
// tasks. The job has to look elsewhere; others find no room by that.
func TestPreemptionLosesItsRoom(t *testing.T) {
	for _, preempts := range []bool{false, true} {
		h := queueing(t)
		h.change(func(tx *state.Tx) {
			job := *tx.Job("q1")
			job.Preemption = preempts
			tx.PutJob(&job)
			eval := *tx.Evaluation("qe1")
			eval.Queue = &structs.QueuePlace{Ask: "small"}
			tx.PutEvaluation(&eval)
		})
		h.do(structs.SetInstanceStatus{Instances: []string{"i1"}, Status: structs.InstanceDraining, At: 70})
		want := structs.EvaluationBlocked
		if preempts {
			want = structs.EvaluationReady
		}
		if e := h.snap().Evaluation("qe1"); e.Status != want {
			t.Errorf("preemption %v: the evaluation is %s, want %s", preempts, e.Status, want)
		}
	}
}

// TestCalledInTurn: the first evaluation with each ask is called when room appears, and the next
// when that one needs no further room.
func TestCalledInTurn(t *testing.T) {
	h := cluster(t)
	h.do(planOf("e1", "j1"))
	add := func(id string, place structs.QueuePlace) {
		cmd := createJobCommand(id, id+"e")
		cmd.Job.Type, cmd.Job.CapacityStrategy = structs.JobBatch, []structs.CapacityProviderStrategyItem{{CapacityProvider: "FARGATE"}}
		cmd.Tasks, cmd.Providers = []string{id + "t"}, []string{"FARGATE"}
		h.do(cmd)
		plan := planOf(id+"e", id)
		plan.Plan.Status, plan.Plan.Unplaced, plan.Plan.Queue = structs.EvaluationBlocked, 1, &place
		h.do(plan)
	}
	status := func() (list []string) {
		for _, id := range []string{"old", "new", "first", "big", "other"} {
			list = append(list, id+" "+h.snap().Evaluation(id+"e").Status)
		}
		return list
	}
	add("old", structs.QueuePlace{Ask: "small", Priority: 50, Since: 1, Memory: 100})
	add("new", structs.QueuePlace{Ask: "small", Priority: 50, Since: 2, Memory: 100})
	add("first", structs.QueuePlace{Ask: "small", Priority: 60, Since: 3, Memory: 100})
	// i1 and i2 have 8000
	add("big", structs.QueuePlace{Ask: "big", Priority: 50, Since: 1, Memory: 8001})
	add("other", structs.QueuePlace{Ask: "cpu", Priority: 50, Since: 4, CPU: 4096})
	check := func(when string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, status()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	check("at first", "old blocked", "new blocked", "first blocked", "big blocked", "other blocked")
	h.do(structs.SetAgentConnected{Instances: []string{"i1"}, Connected: true, At: 40})
	check("room appears", "old blocked", "new blocked", "first ready", "big blocked", "other ready")
	normal := &structs.Evaluation{Cluster: "prod", Job: "j1"}
	if !h.snap().MoreUrgent(normal) || h.snap().MoreUrgent(&structs.Evaluation{Cluster: "test", Job: "j1"}) {
		t.Error("who has priority 60 and was called is not more urgent than others of its cluster")
	}
	h.do(planOf("firste", "first", structs.Placement{Task: "firstt", Instance: "i1"}))
	check("the first is placed", "old ready", "new blocked", "first done", "big blocked", "other ready")
	h.do(structs.StopTasks{Tasks: []string{"oldt"}, At: 41})
	check("the next is stopped", "old done", "new ready", "first done", "big blocked", "other ready")
	late := planOf("newe", "new")
	late.Plan.Status, late.Plan.Unplaced, late.Plan.Seen = structs.EvaluationBlocked, 1, h.index
	h.do(late)
	check("it finds none", "old done", "new blocked", "first done", "big blocked", "other ready")
	if h.snap().MoreUrgent(normal) {
		t.Error("somebody is more urgent, with all but those of priority 50 decided")
	}
	late = planOf("othere", "other")
	late.Plan.Status, late.Plan.Unplaced, late.Plan.Seen = structs.EvaluationBlocked, 1, h.index-2
	h.do(structs.SetAgentConnected{Instances: []string{"i2"}, Connected: true, At: 42})
	h.do(late)
	check("room appears that a plan did not see", "old done", "new ready", "first done", "big blocked", "other ready")
}

// TestUnblock: which commands may make room appear.
func TestUnblock(t *testing.T) {
	inactive := structs.SetInstanceStatus{Instances: []string{"i1"}, Status: structs.InstanceInactive, At: 40}
	drained := structs.SetInstanceStatus{Instances: []string{"i1"}, Status: structs.InstanceDraining, At: 40}
	attribute := []structs.InstanceAttribute{{Instance: "i1", Attribute: structs.Attribute{Name: "rack", Value: "7"}}}
	engine := func(status string) structs.Command {
		return structs.SetRuntimeHealth{Instance: "i1", Health: structs.RuntimeHealth{Status: status}, At: 41}
	}
	held := []structs.Command{connection("i1", false, 40), connection("i1", true, 41), connection("i1", false, 42), connection("i1", true, 43)}
	connected := instance("i3", "prod")
	connected.AgentConnected = true
	elsewhere := instance("i4", "other")
	elsewhere.AgentConnected = true
	for name, c := range map[string]struct {
		before []structs.Command
		cmd    structs.Command
		room   bool
	}{
		"a task stops":                {nil, report("i1", structs.TaskUpdate{Task: "t9", Status: structs.TaskStopped}), true},
		"a task runs":                 {nil, report("i1", runningUpdate("t9", "")), false},
		"a task is asked to stop":     {nil, structs.StopTasks{Tasks: []string{"t9"}, At: 40}, false},
		"an instance joins":           {nil, structs.RegisterInstance{Instance: connected}, true},
		"another cluster's joins":     {nil, structs.RegisterInstance{Instance: elsewhere}, false},
		"an instance disconnects":     {nil, structs.SetAgentConnected{Instances: []string{"i1"}, At: 40}, false},
		"an instance connects":        {[]structs.Command{structs.SetAgentConnected{Instances: []string{"i1"}, At: 40}}, structs.SetAgentConnected{Instances: []string{"i1"}, Connected: true, At: 41}, true},
		"an engine answers no more":   {nil, engine(structs.HealthImpaired), false},
		"an engine answers again":     {[]structs.Command{engine(structs.HealthImpaired)}, engine(structs.HealthOK), true},
		"an instance is held back":    {held[:3], held[3], false},
		"an instance is released":     {held, structs.ReleaseInstances{Instances: []string{"i1"}, At: 20_000}, true},
		"it is released too early":    {held, structs.ReleaseInstances{Instances: []string{"i1"}, At: 44}, false},
		"an instance drains":          {nil, drained, false},
		"an instance is ACTIVE again": {[]structs.Command{drained}, structs.SetInstanceStatus{Instances: []string{"i1"}, Status: structs.InstanceActive, At: 41}, true},
		"an instance goes":            {nil, inactive, false},
		"an instance comes back":      {[]structs.Command{inactive}, structs.SetInstanceStatus{Instances: []string{"i1"}, Status: structs.InstanceActive, At: 41}, false},
		"an instance has attributes":  {nil, structs.PutAttributes{Cluster: "prod", Attributes: attribute, At: 40}, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := serving(t)
			h.do(createJobCommand("j2", "e2"))
			h.do(planOf("e2", "j2", structs.Placement{Task: "t9", Instance: "i1"}))
			for _, cmd := range c.before {
				h.do(cmd)
			}
			h.decide("s1")
			eval := block(h, "s1")
			h.do(c.cmd)
			e := h.snap().Evaluation(eval)
			if unblocked := e.Status == structs.EvaluationReady && e.ModifyIndex == h.index; unblocked != c.room {
				t.Errorf("evaluation %+v, want it ready: %v", e, c.room)
			}
		})
	}
}
