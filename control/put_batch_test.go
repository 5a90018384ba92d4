package control_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

// reportSpec is a job file of a batch job "report" of two tasks, one at a time.
func reportSpec(change ...func(*structs.JobSpec)) *structs.JobSpec {
	s := structs.NewJobSpec(structs.JobBatch)
	s.Name, s.Count, s.Parallelism, s.Attempts = "report", new(2), 1, 2
	s.Containers = webSpec().Containers
	s.Tags = []structs.Tag{{Key: "team", Value: "shop"}}
	for _, f := range change {
		f(s)
	}
	return s
}

// finish ends each task of a job successfully, one after the other, until none is left.
func (h *harness) finish(job string) {
	h.t.Helper()
	for range 10 {
		h.RunPlaced(h.t)
		done := true
		for task := range h.Store.Snapshot().JobTasks(job) {
			if task.LastStatus == structs.TaskRunning {
				done = false
				h.exit(task)
			}
		}
		if done {
			return
		}
	}
	h.t.Fatal("it never ends")
}

// exit reports that a task ended by itself, with exit code zero.
func (h *harness) exit(task *structs.Task) {
	h.t.Helper()
	end := structs.TaskUpdate{
		Task: task.ID, Status: structs.TaskStopped, StopCode: structs.StopEssentialContainerExited, StoppedAt: task.StartedAt + 1,
		Containers: []structs.Container{{Name: "main", LastStatus: structs.TaskStopped, ExitCode: new(int32(0))}},
	}
	if err := h.Control.ReportTasks(h.t.Context(), task.Instance, 0, []structs.TaskUpdate{end}); err != nil {
		h.t.Fatal(err)
	}
}

func TestBatchFromAFile(t *testing.T) {
	h := newHarness(t)
	first := h.put(reportSpec())
	if first.Result != structs.JobCreated || first.Version != 1 || first.TaskDefinition != "report:1" || first.Evaluation == "" {
		t.Errorf("the first time: %+v", first)
	}
	detail, err := h.Control.DescribeJob(t.Context(), "default", "report")
	noError(t, err)
	if len(detail.Tasks) != 1 || detail.Tasks[0].Group != "family:report" || *detail.Job.Batch != (structs.BatchCounts{Active: 1, Waiting: 1}) {
		t.Errorf("it runs as %+v, %+v", detail.Tasks, detail.Job.Batch)
	}
	if diff := cmp.Diff(reportSpec().Tags, h.Store.Snapshot().Tags("task/default/"+detail.Tasks[0].ID)); diff != "" {
		t.Errorf("tags of its task (-want +got):\n%s", diff)
	}
	if again := h.put(reportSpec()); again.Result != structs.JobUnchanged || again.ID != first.ID {
		t.Errorf("the same file while it runs: %+v", again)
	}
	if again := h.put(detail.Spec); again.Result != structs.JobUnchanged {
		t.Errorf("the spec that it shows: %+v", again)
	}
	h.finish(first.ID)
	if job := h.Store.Snapshot().Job(first.ID); job.Status != structs.BatchSucceeded {
		t.Fatalf("it ended as %s", job.Status)
	}
	if second := h.put(reportSpec()); second.Result != structs.JobCreated || second.ID == first.ID || second.Version != 2 || second.TaskDefinition != "report:1" {
		t.Errorf("the same file after it ended: %+v", second)
	}
	if detail, err = h.Control.DescribeJob(t.Context(), "default", "report"); err != nil || len(detail.Versions) != 2 || detail.Versions[0].Version != 2 || len(detail.Tasks) != 1 {
		t.Errorf("%v: its runs are %+v", err, detail.Versions)
	}
}

// A request that was sent again because its answer was lost starts no second run, even if the first
// has ended in the meantime.
func TestBatchTwiceByOneToken(t *testing.T) {
	h := newHarness(t)
	put := func(token string, change ...func(*structs.JobSpec)) (*structs.JobPut, error) {
		return h.Control.PutJob(t.Context(), reportSpec(change...), token)
	}
	first, err := put("a")
	noError(t, err)
	h.Settle(t)
	h.finish(first.ID)
	if again, err := put("a"); err != nil || again.ID != first.ID || again.Result != structs.JobUnchanged || again.Version != 1 {
		t.Errorf("%v: the same again is %+v", err, again)
	}
	if _, err := put("a", func(s *structs.JobSpec) { s.Count = new(3) }); structs.KindOf(err) != structs.KindConflict || !strings.Contains(err.Error(), "clientToken:") {
		t.Errorf("another file with its token: %v", err)
	}
	if other, err := put("b"); err != nil || other.ID == first.ID || other.Version != 2 {
		t.Errorf("%v: with another token it is %+v", err, other)
	}
	if _, err := put(strings.Repeat("a", 65)); structs.KindOf(err) != structs.KindInvalidParameter || !strings.Contains(err.Error(), "clientToken:") {
		t.Errorf("a token of 65 bytes: %v", err)
	}
	if service, err := h.Control.PutJob(t.Context(), webSpec(), "a"); err != nil || service.Result != structs.JobCreated {
		t.Errorf("%v: a service with the token of a batch job is %+v", err, service)
	}
}

// A different file replaces the run in progress.
func TestBatchChangesWhileItRuns(t *testing.T) {
	h := newHarness(t)
	first := h.put(reportSpec())
	second := h.put(reportSpec(func(s *structs.JobSpec) { s.Attempts = 3 }))
	want := []structs.FieldChange{{Field: "attempts", From: "2", To: "3"}}
	if diff := cmp.Diff(want, second.Changes); diff != "" || second.Result != structs.JobUpdated || second.ID == first.ID || second.Version != 2 || second.TaskDefinition != "report:1" {
		t.Errorf("%+v (-want +got):\n%s", second, diff)
	}
	snap := h.Store.Snapshot()
	if snap.Job(first.ID).Status != structs.BatchStopped || snap.Job(second.ID).Status != structs.BatchRunning {
		t.Errorf("the first is %s, the second %s", snap.Job(first.ID).Status, snap.Job(second.ID).Status)
	}
	_, err := h.Control.DeregisterTaskDefinition(t.Context(), "report:1")
	noError(t, err)
	if same := h.put(reportSpec(func(s *structs.JobSpec) { s.Attempts = 3 })); same.Result != structs.JobUnchanged {
		t.Errorf("it goes on with a revision that was deregistered: %+v", same)
	}
	if third := h.put(reportSpec()); third.TaskDefinition != "report:2" {
		t.Errorf("but no other run begins with one: %+v", third)
	}
	stopped, err := h.Control.StopJob(t.Context(), "default", "report")
	noError(t, err)
	if stopped.Status != structs.BatchStopped {
		t.Errorf("it is %s after it was stopped", stopped.Status)
	}
	plan, err := h.Control.PlanJob(t.Context(), reportSpec())
	noError(t, err)
	if plan.Result != structs.JobCreated || plan.Replaces || plan.Simulation == nil || plan.Simulation.Total.Started != 1 {
		t.Errorf("the plan of the next: %+v", plan)
	}
}

func TestNamesOfBatchJobs(t *testing.T) {
	h := newHarness(t)
	_, err := h.Control.PutJob(t.Context(), reportSpec(func(s *structs.JobSpec) { s.Name = "web" }), "")
	expectError(t, err, structs.KindConflict, "type: job web is a service and cannot become a batch")
	h.put(reportSpec())
	_, err = h.Control.PutJob(t.Context(), webSpec(func(s *structs.JobSpec) { s.Name = "report" }), "")
	expectError(t, err, structs.KindConflict, "type: job report is a batch and cannot become a service")
	for field, change := range map[string]func(*structs.JobSpec){
		"count": func(s *structs.JobSpec) { s.Count = new(0) }, "attempts": func(s *structs.JobSpec) { s.Attempts = 11 }, "parallelism": func(s *structs.JobSpec) { s.Parallelism = -1 },
	} {
		_, err := h.Control.PutJob(t.Context(), reportSpec(change), "")
		expectError(t, err, structs.KindInvalidParameter, field+": ")
	}
}
