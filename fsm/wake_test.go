package fsm

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

// TestWake: which commands wake a service.
func TestWake(t *testing.T) {
	stop := func(code string) structs.Command {
		return structs.StopTasks{Tasks: []string{"t1"}, StopCode: code, At: 40}
	}
	attribute := []structs.InstanceAttribute{{Instance: "i1", Attribute: structs.Attribute{Name: "rack", Value: "7"}}}
	for name, c := range map[string]struct {
		before []structs.Command
		cmd    structs.Command
		wakes  structs.EvaluationReason // empty if it is not woken
	}{
		"a task is PENDING":        {cmd: report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskPending})},
		"a task is RUNNING":        {cmd: report("i1", runningUpdate("t1", "")), wakes: structs.BecauseTaskChanged},
		"RUNNING once more":        {[]structs.Command{report("i1", runningUpdate("t1", ""))}, report("i1", runningUpdate("t1", "")), ""},
		"a task goes down":         {cmd: report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskStopping}), wakes: structs.BecauseTaskChanged},
		"a task is STOPPED":        {cmd: report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskStopped}), wakes: structs.BecauseTaskChanged},
		"a task becomes unhealthy": {[]structs.Command{report("i1", runningUpdate("t1", structs.Healthy))}, report("i1", runningUpdate("t1", structs.Unhealthy)), structs.BecauseTaskChanged},
		"a user stops a task":      {cmd: stop(structs.StopUserInitiated), wakes: structs.BecauseTaskChanged},
		"a user stops it again":    {[]structs.Command{stop(structs.StopUserInitiated)}, stop(structs.StopUserInitiated), ""},
		"a task is protected":      {cmd: structs.ProtectTasks{Tasks: []string{"t1"}, Until: 99, At: 40}, wakes: structs.BecauseProtectionChanged},
		"its instance disconnects": {cmd: structs.SetAgentConnected{Instances: []string{"i1"}, At: 40}, wakes: structs.BecauseInstanceChanged},
		"its engine is impaired":   {cmd: structs.SetRuntimeHealth{Instance: "i1", Health: structs.RuntimeHealth{Status: structs.HealthImpaired}, At: 40}, wakes: structs.BecauseInstanceChanged},
		"its instance registers":   {cmd: structs.RegisterInstance{Instance: instance("i1", "prod")}, wakes: structs.BecauseInstanceChanged},
		"its instance drains":      {cmd: structs.SetInstanceStatus{Instances: []string{"i1"}, Status: structs.InstanceDraining, At: 40}, wakes: structs.BecauseInstanceChanged},
		"its instance goes":        {cmd: structs.SetInstanceStatus{Instances: []string{"i1"}, Status: structs.InstanceInactive, At: 40}, wakes: structs.BecauseInstanceChanged},
		"attributes are put":       {cmd: structs.PutAttributes{Cluster: "prod", Attributes: attribute, At: 40}, wakes: structs.BecauseInstanceChanged},
		"the same attributes": {[]structs.Command{structs.PutAttributes{Cluster: "prod", Attributes: attribute, At: 40}},
			structs.PutAttributes{Cluster: "prod", Attributes: attribute, At: 41}, ""},
		"attributes go": {[]structs.Command{structs.PutAttributes{Cluster: "prod", Attributes: attribute, At: 40}},
			structs.DeleteAttributes{Cluster: "prod", Attributes: attribute, At: 41}, structs.BecauseInstanceChanged},
		"an instance without its tasks joins": {cmd: structs.RegisterInstance{Instance: instance("i3", "prod")}},
		"a task of another job": {[]structs.Command{createJobCommand("j2", "e2"), planOf("e2", "j2", structs.Placement{Task: "t9", Instance: "i1"})},
			report("i1", runningUpdate("t9", "")), ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := serving(t)
			withHealthCheck(h, "web:1")
			for _, cmd := range c.before {
				h.do(cmd)
			}
			h.decide("s1")
			h.do(c.cmd)
			want := map[string]string{}
			if c.wakes != "" {
				want[fmt.Sprintf("s1%016x", h.index)] = "ready " + string(c.wakes)
			}
			if diff := cmp.Diff(want, h.open("s1")); diff != "" {
				t.Errorf("open evaluations: %s", diff)
			}
			for id := range want {
				if e := h.snap().Evaluation(id); e.CreatedAt == 0 || e.ModifyIndex != h.index || e.Cluster != "prod" {
					t.Errorf("evaluation %+v", e)
				}
			}
		})
	}
}

func TestWakeDaemons(t *testing.T) {
	h := cluster(t)
	daemon := putServiceCommand("s1", "agent", 1, "se1", "d1")
	daemon.Job.Type = structs.JobDaemon
	h.do(daemon)
	h.do(putServiceCommand("s2", "web", 1, "se2", "d2"))
	h.decide("s1")
	h.decide("s2")
	h.do(structs.RegisterInstance{Instance: instance("i3", "other")})
	if open := h.open("s1"); len(open) != 0 {
		t.Errorf("an instance of another cluster wakes it: %v", open)
	}
	h.do(structs.RegisterInstance{Instance: instance("i4", "prod")})
	if open := h.open("s1"); len(open) != 1 {
		t.Errorf("%v are open of a daemon after an instance joined, want one", open)
	}
	if open := h.open("s2"); len(open) != 0 {
		t.Errorf("an instance that has none of its tasks wakes a service: %v", open)
	}
}

// TestWakeToRebalance: a service that may move its tasks is woken for every instance that begins to
// take tasks.
func TestWakeToRebalance(t *testing.T) {
	joins := instance("i3", "prod")
	joins.AgentConnected = true
	status := func(s string) structs.Command {
		return structs.SetInstanceStatus{Instances: []string{"i3"}, Status: s, At: 40}
	}
	connected := func(c bool) structs.Command {
		return structs.SetAgentConnected{Instances: []string{"i3"}, Connected: c, At: 40}
	}
	attribute := structs.PutAttributes{Cluster: "prod", At: 40, Attributes: []structs.InstanceAttribute{{Instance: "i3", Attribute: structs.Attribute{Name: "rack", Value: "7"}}}}
	joined := structs.RegisterInstance{Instance: joins}
	for name, c := range map[string]struct {
		before []structs.Command
		cmd    structs.Command
		wakes  bool
	}{
		"an instance joins":           {nil, joined, true},
		"it disconnects":              {[]structs.Command{joined}, connected(false), false},
		"it connects again":           {[]structs.Command{joined, connected(false)}, connected(true), true},
		"it drains":                   {[]structs.Command{joined}, status(structs.InstanceDraining), false},
		"it is ACTIVE again":          {[]structs.Command{joined, status(structs.InstanceDraining)}, status(structs.InstanceActive), true},
		"attributes are put":          {[]structs.Command{joined}, attribute, true},
		"attributes of one that left": {[]structs.Command{joined, connected(false)}, attribute, false},
		"another cluster's joins":     {nil, structs.RegisterInstance{Instance: func() structs.ContainerInstance { i := joins; i.Cluster = "other"; return i }()}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := cluster(t)
			for n, rebalancing := range []string{structs.RebalancingEnabled, structs.RebalancingDisabled} {
				put := putServiceCommand(fmt.Sprintf("s%d", n), fmt.Sprintf("web%d", n), 1, fmt.Sprintf("se%d", n), fmt.Sprintf("d%d", n))
				put.Job.Service.Rebalancing = rebalancing
				h.do(put)
			}
			for _, cmd := range c.before {
				h.do(cmd)
			}
			h.decide("s0")
			h.do(c.cmd)
			if open := h.open("s0"); (len(open) == 1) != c.wakes {
				t.Errorf("%v are open, want it woken: %v", open, c.wakes)
			}
			if open := h.open("s1"); len(open) != 1 { // its first evaluation
				t.Errorf("%v are open of a service that moves nothing", open)
			}
		})
	}
}

func TestAtMostTwoEvaluationsAreReady(t *testing.T) {
	h := serving(t)
	h.do(report("i1", runningUpdate("t1", "")))
	h.do(report("i2", runningUpdate("t2", "")))
	h.do(report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskStopped}))
	if open := h.open("s1"); len(open) != 2 {
		t.Errorf("%v are open, want two", open)
	}
	h.do(servicePlan(h, fmt.Sprintf("s1%016x", h.index-1), "s1", ""))
	h.do(report("i2", structs.TaskUpdate{Task: "t2", Status: structs.TaskStopped}))
	if open := h.open("s1"); len(open) != 2 {
		t.Errorf("%v are open after one was decided and another change came, want two", open)
	}
}

// TestDeletedServiceIsWoken: it ends when its last task has stopped. Once it is INACTIVE nothing
// wakes it.
func TestDeletedServiceIsWoken(t *testing.T) {
	h := serving(t)
	h.do(structs.DeleteService{Job: "s1", Force: true, Evaluation: structs.Evaluation{ID: "se2"}, At: 40})
	h.decide("s1")
	h.do(report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskStopped}))
	if because := h.decide("s1"); len(because) != 1 {
		t.Errorf("woken by %v, want the stopped task", because)
	}
	h.do(structs.StopTasks{Tasks: []string{"t2"}, At: 41})
	for id := range h.open("s1") {
		end(h, id, "s1", 50)
	}
	h.do(report("i2", structs.TaskUpdate{Task: "t2", Status: structs.TaskStopped}))
	if open := h.open("s1"); len(open) != 0 {
		t.Errorf("%v are open of an INACTIVE service", open)
	}
}

// block leaves a service with a blocked evaluation.
func block(h *harness, job string) (eval string) {
	h.Helper()
	eval = job + "-blocked"
	h.do(putServiceCommand(job, h.snap().Job(job).Name, h.snap().Job(job).Version+1, eval, ""))
	cmd := servicePlan(h, eval, job, "")
	cmd.Plan.Status, cmd.Plan.Unplaced, cmd.Plan.Seen = structs.EvaluationBlocked, 1, h.snap().Index()
	h.do(cmd)
	if e := h.snap().Evaluation(eval); e.Status != structs.EvaluationBlocked {
		h.Fatalf("evaluation %+v, want it blocked", e)
	}
	return eval
}

// TestWakeDaemonsOnAnEmptiedInstance: a daemon is woken when the last task of another kind has left
// a draining instance, whether its agent reported that or is not connected and never will.
func TestWakeDaemonsOnAnEmptiedInstance(t *testing.T) {
	stopped := func(tasks ...string) structs.Command {
		cmd := structs.ReportTasks{Instance: "i1", At: 60}
		for _, id := range tasks {
			cmd.Updates = append(cmd.Updates, structs.TaskUpdate{Task: id, Status: structs.TaskStopped})
		}
		return cmd
	}
	for name, c := range map[string]struct {
		status    string
		connected bool
		cmd       func(h *harness) structs.Command
		wakes     bool
	}{
		"one of two has left":    {structs.InstanceDraining, true, func(*harness) structs.Command { return stopped("t1") }, false},
		"both have":              {structs.InstanceDraining, true, func(*harness) structs.Command { return stopped("t1", "t9") }, true},
		"the instance is ACTIVE": {structs.InstanceActive, true, func(*harness) structs.Command { return stopped("t1", "t9") }, false},
		"a plan stops what is lost": {structs.InstanceDraining, false, func(h *harness) structs.Command {
			h.do(putServiceCommand("s1", "web", 3, "se9", ""))
			cmd := servicePlan(h, "se9", "s1", "")
			cmd.Plan.Stops = []structs.Stop{{Task: "t1"}, {Task: "t9"}}
			return cmd
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := serving(t)
			h.do(putServiceCommand("s1", "web", 2, "se8", ""))
			h.do(servicePlan(h, "se8", "s1", "d1", structs.Placement{Task: "t9", Instance: "i1"}))
			daemon := putServiceCommand("s2", "agent", 1, "se2", "d2")
			daemon.Job.Type = structs.JobDaemon
			h.do(daemon)
			h.do(servicePlan(h, "se2", "s2", "d2", structs.Placement{Task: "t8", Instance: "i1"}))
			h.do(structs.SetInstanceStatus{Instances: []string{"i1"}, Status: c.status, At: 40})
			h.do(structs.SetAgentConnected{Instances: []string{"i1"}, Connected: c.connected, At: 41})
			cmd := c.cmd(h)
			h.decide("s2")
			h.do(cmd)
			if open := h.open("s2"); (len(open) == 1) != c.wakes {
				t.Errorf("%v are open of the daemon, want it woken: %v", open, c.wakes)
			}
		})
	}
}
