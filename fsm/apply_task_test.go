package fsm

import (
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

func TestStopTasks(t *testing.T) {
	h := running(t)
	stop := structs.StopTasks{
		Tasks: []string{"t1", "gone", "t1"}, StopCode: structs.StopUserInitiated, Reason: "mine", At: 30,
	}
	h.do(stop)
	want := h.snap().Task("t1")
	if want.DesiredStatus != structs.TaskStopped || want.LastStatus != structs.TaskProvisioning || want.StoppingAt != 30 ||
		want.StopCode != structs.StopUserInitiated || want.StoppedReason != "mine" || want.Version != 2 {
		t.Errorf("task %+v", want)
	}
	stop.Reason, stop.At = "second", 40
	h.do(stop)
	if diff := cmp.Diff(want, h.snap().Task("t1")); diff != "" {
		t.Errorf("asked a second time it changed: %s", diff)
	}

	h.do(report("i2", structs.TaskUpdate{Task: "t2", Status: structs.TaskStopped, StoppedAt: 25}))
	want = h.snap().Task("t2")
	h.do(structs.StopTasks{Tasks: []string{"t2"}, At: 50})
	if diff := cmp.Diff(want, h.snap().Task("t2")); diff != "" {
		t.Errorf("a stopped task changed: %s", diff)
	}
}

func report(instance string, updates ...structs.TaskUpdate) structs.ReportTasks {
	return structs.ReportTasks{Instance: instance, Updates: updates, At: 60}
}

func TestReportTasks(t *testing.T) {
	h := running(t)
	container := structs.Container{Name: "app", LastStatus: structs.TaskRunning, RuntimeID: "r"}
	h.do(report("i1", structs.TaskUpdate{
		Task: "t1", Status: structs.TaskRunning, Containers: []structs.Container{container},
		PullStartedAt: 21, PullStoppedAt: 22, StartedAt: 23,
	}))
	task := h.snap().Task("t1")
	if task.LastStatus != structs.TaskRunning || task.DesiredStatus != structs.TaskRunning || task.Version != 2 ||
		task.PullStartedAt != 21 || task.PullStoppedAt != 22 || task.StartedAt != 23 {
		t.Errorf("task %+v", task)
	}
	if diff := cmp.Diff([]structs.Container{container}, task.Containers); diff != "" {
		t.Error(diff)
	}
	if u := h.snap().Usage("i1"); u.Running != 1 || u.Pending != 0 {
		t.Errorf("usage %+v, want the task among those running", u)
	}

	h.do(report("i1", sampleUpdate("t1")))
	task = h.snap().Task("t1")
	if task.LastStatus != structs.TaskStopped || task.DesiredStatus != structs.TaskStopped || task.StartedAt != 23 ||
		task.StopCode != structs.StopEssentialContainerExited || task.StoppedAt != 6 || task.Version != 3 {
		t.Errorf("stopped task %+v", task)
	}
	if u := h.snap().Usage("i1"); u.CPU != 0 || u.Memory != 0 || len(u.Ports) != 0 || u.Running != 0 {
		t.Errorf("usage %+v, want nothing in use", u)
	}
}

// TestReportsThatChangeNothing: reports come twice and late, and neither counts as a change nor
// wakes a subscriber.
func TestReportsThatChangeNothing(t *testing.T) {
	h := running(t)
	now := structs.TaskUpdate{Task: "t1", Status: structs.TaskRunning, StartedAt: 23,
		Containers: []structs.Container{{Name: "app", LastStatus: structs.TaskRunning, ExitCode: new(int32(0))}}}
	h.do(report("i1", now))
	for name, cmd := range map[string]structs.ReportTasks{
		"twice":                    report("i1", now),
		"late":                     report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskPending, Containers: []structs.Container{{Name: "app"}}}),
		"another time":             report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskRunning, StartedAt: 99}),
		"nothing said":             report("i1", structs.TaskUpdate{Task: "t1"}),
		"from another instance":    report("i2", structs.TaskUpdate{Task: "t1", Status: structs.TaskStopped}),
		"of a task that is gone":   report("i1", structs.TaskUpdate{Task: "gone", Status: structs.TaskStopped}),
		"from an instance of ours": report("", structs.TaskUpdate{Task: "t1", Status: structs.TaskStopped}),
	} {
		t.Run(name, func(t *testing.T) {
			before := h.snap().Task("t1")
			h.do(cmd)
			if h.snap().Task("t1") != before {
				t.Errorf("put again: %s", cmp.Diff(before, h.snap().Task("t1")))
			}
		})
	}
}

func TestReportOfAStoppedTask(t *testing.T) {
	h := running(t)
	h.do(report("i1", sampleUpdate("t1")))
	before := h.snap().Task("t1")
	h.do(report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskStopped, StoppedReason: "other", StopCode: "Other",
		Containers: []structs.Container{{Name: "app", Reason: "later"}}}))
	if diff := cmp.Diff(before, h.snap().Task("t1")); diff != "" {
		t.Errorf("a stopped task changed: %s", diff)
	}
}

func TestReportKeepsTheReasonOfStopTasks(t *testing.T) {
	h := running(t)
	h.do(structs.StopTasks{Tasks: []string{"t1"}, StopCode: structs.StopUserInitiated, Reason: "mine", At: 30})
	h.do(report("i1", sampleUpdate("t1")))
	task := h.snap().Task("t1")
	if task.StopCode != structs.StopUserInitiated || task.StoppedReason != "mine" || task.StoppingAt != 30 {
		t.Errorf("%s %q at %d, want what StopTasks said", task.StopCode, task.StoppedReason, task.StoppingAt)
	}
}

func TestReportFillsInTheEnd(t *testing.T) {
	h := running(t)
	h.do(report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskDeactivating}))
	if task := h.snap().Task("t1"); task.DesiredStatus != structs.TaskStopped || task.StoppingAt != 0 {
		t.Errorf("desired %s, stopping at %d: a task that goes down is to stop", task.DesiredStatus, task.StoppingAt)
	}
	h.do(report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskStopped}))
	if task := h.snap().Task("t1"); task.StoppedAt != 60 || task.StoppingAt != 60 {
		t.Errorf("stopped at %d, stopping at %d, want the time of the report", task.StoppedAt, task.StoppingAt)
	}
}

func TestTasksShareStrings(t *testing.T) {
	h := running(t)
	h.do(report("i1", sampleUpdate("t1")))
	job, task := h.snap().Job("j1"), h.snap().Task("t1")
	definition := h.snap().TaskDefinition("web:1")
	for name, pair := range map[string][2]string{
		"cluster":        {h.snap().Cluster("prod").Name, task.Cluster},
		"job":            {job.ID, task.Job},
		"definition":     {job.TaskDefinition, task.TaskDefinition},
		"instance":       {h.snap().Instance("i1").ID, task.Instance},
		"group":          {job.Group, task.Group},
		"container name": {definition.ContainerDefinitions[0].Name, task.Containers[0].Name},
	} {
		if pair[0] != pair[1] || unsafe.StringData(pair[0]) != unsafe.StringData(pair[1]) {
			t.Errorf("%s: %q and %q are two strings", name, pair[0], pair[1])
		}
	}
}

// TestReportNotesWhenATaskBecameHealthy: each time its health check begins to pass.
func TestReportNotesWhenATaskBecameHealthy(t *testing.T) {
	h := serving(t)
	withHealthCheck(h, "web:1")
	for _, step := range []struct {
		health string
		at     structs.Time
		want   structs.Time
	}{
		{structs.Unhealthy, 61, 0},
		{structs.Healthy, 62, 62},
		{structs.Healthy, 63, 62},
		{structs.Unhealthy, 64, 62},
		{structs.Healthy, 65, 65},
	} {
		h.do(structs.ReportTasks{Instance: "i1", Updates: []structs.TaskUpdate{runningUpdate("t1", step.health)}, At: step.at})
		if got := h.snap().Task("t1").HealthyAt; got != step.want {
			t.Errorf("%s at %d: healthy since %d, want %d", step.health, step.at, got, step.want)
		}
	}
}
