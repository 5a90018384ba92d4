package fsm

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
)

func setInstance(status string, at structs.Time, ids ...string) structs.SetInstanceStatus {
	return structs.SetInstanceStatus{Instances: ids, Status: status, At: at}
}

func TestSetInstanceStatus(t *testing.T) {
	h := serving(t)
	version := h.snap().Instance("i1").Version
	h.do(setInstance(structs.InstanceDraining, 40, "i1", "gone"))
	h.do(setInstance(structs.InstanceDraining, 41, "i1"))
	if i := h.snap().Instance("i1"); i.Status != structs.InstanceDraining || i.Version != version+1 {
		t.Errorf("instance %+v, want it DRAINING and changed once", i)
	}
	if task := h.snap().Task("t1"); task.DesiredStatus != structs.TaskRunning {
		t.Error("draining stops tasks by itself: that is for their service to do")
	}
	h.do(setInstance(structs.InstanceActive, 42, "i1"))
	if i := h.snap().Instance("i1"); i.Status != structs.InstanceActive {
		t.Errorf("instance %+v", i)
	}
}

// TestDeregister: no task is left behind on an instance that is gone.
func TestDeregister(t *testing.T) {
	h := serving(t)
	h.do(structs.StopTasks{Tasks: []string{"t2"}, StopCode: structs.StopUserInitiated, Reason: "mine", At: 39})
	h.do(report("i1", runningUpdate("t1", "")))
	h.do(structs.SetAgentConnected{Instances: []string{"i2"}, At: 39})
	h.do(setInstance(structs.InstanceInactive, 40, "i1", "i2"))
	h.do(setInstance(structs.InstanceActive, 41, "i1", "i2"))
	if i := h.snap().Instance("i1"); i.Status != structs.InstanceInactive || i.DeregisteredAt != 40 {
		t.Errorf("instance %+v, want it INACTIVE until it registers", i)
	}
	task := h.snap().Task("t1") // its agent is connected
	if task.DesiredStatus != structs.TaskStopped || task.LastStatus != structs.TaskRunning || task.StoppedReason != structs.ReasonDeregistered {
		t.Errorf("task %+v, want it asked to stop", task)
	}
	gone := h.snap().Task("t2") // its agent is not connected
	if gone.LastStatus != structs.TaskStopped || gone.StoppedAt != 40 || gone.StoppedReason != "mine" {
		t.Errorf("task %+v, want it STOPPED", gone)
	}
	if u := h.snap().Usage("i2"); u.Pending != 0 || u.CPU != 0 {
		t.Errorf("usage %+v, want nothing in use", u)
	}

	h.do(structs.SetAgentConnected{Instances: []string{"i1"}, At: 50}) // before it could report
	task = h.snap().Task("t1")
	if task.LastStatus != structs.TaskStopped || task.StoppedAt != 50 || task.StoppingAt != 40 || task.Containers[0].LastStatus != structs.TaskStopped {
		t.Errorf("task %+v, want it STOPPED: nobody is left to report on it", task)
	}
	if d := h.snap().Deployment("d1"); d.Failures != 0 {
		t.Errorf("the loss of instances counts as a failure of the deployment: %+v", d)
	}
	checkInvariants(t, h.snap())

	h.do(structs.RegisterInstance{Instance: instance("i1", "prod")})
	if i := h.snap().Instance("i1"); i.Status != structs.InstanceActive || i.DeregisteredAt != 0 {
		t.Errorf("instance %+v, want it back", i)
	}
}

func TestProtectTasks(t *testing.T) {
	h := serving(t)
	h.do(report("i2", structs.TaskUpdate{Task: "t2", Status: structs.TaskStopped}))
	h.do(structs.ProtectTasks{Tasks: []string{"t1", "t2", "gone"}, Until: 500, At: 40})
	if task := h.snap().Task("t1"); task.ProtectedUntil != 500 || task.Version != 2 {
		t.Errorf("task %+v", task)
	}
	if task := h.snap().Task("t2"); task.ProtectedUntil != 0 {
		t.Error("a task that has stopped is protected")
	}
	h.do(structs.ProtectTasks{Tasks: []string{"t1"}, At: 41})
	if task := h.snap().Task("t1"); task.ProtectedUntil != 0 {
		t.Error("the protection does not end")
	}
}
