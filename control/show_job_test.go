package control_test

import (
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

func TestListAndStopJobs(t *testing.T) {
	h := newHarness(t)
	h.put(webSpec())
	run(t, h.Control, control.RunTaskInput{Job: structs.Job{Cluster: "default", TaskDefinition: "app", Count: 2}})
	list, err := h.Control.ListJobs(t.Context(), "default", false)
	noError(t, err)
	if len(list.Jobs) != 3 || list.Jobs[0].Name != "site" || list.Jobs[1].Name != "web" || list.Jobs[1].Running != 2 || list.Jobs[1].Rollout != structs.RolloutCompleted || list.Jobs[2].Pending != 2 {
		t.Fatalf("the jobs are %+v", list.Jobs)
	}
	batch := list.Jobs[2].ID
	for _, name := range []string{"site", batch} {
		_, err := h.Control.StopJob(t.Context(), "default", name)
		noError(t, err)
	}
	h.Settle(t)
	for all, want := range map[bool]int{false: 1, true: 3} {
		if list, err = h.Control.ListJobs(t.Context(), "default", all); err != nil || len(list.Jobs) != want {
			t.Errorf("all %v after two were stopped: %v %+v", all, err, list.Jobs)
		}
	}
	if again, err := h.Control.StopJob(t.Context(), "default", "site"); err != nil || again.Status != structs.ServiceInactive {
		t.Errorf("stopping it again: %v, %+v", err, again)
	}
	_, err = h.Control.StopJob(t.Context(), "default", "nosuch")
	expectError(t, err, structs.KindResourceNotFound, "there is no job nosuch in cluster default")
	_, err = h.Control.ListJobs(t.Context(), "nosuch", false)
	expectError(t, err, structs.KindClusterNotFound, "")
}

// A job is up once its tasks have been RUNNING for minHealthySeconds. Until then callers that wait
// for it learn that it is not.
func TestTasksThatHaveJustStartedAreNotHealthy(t *testing.T) {
	h := newHarness(t)
	h.SetStep(time.Millisecond)
	if _, err := h.Control.PutJob(t.Context(), webSpec(func(s *structs.JobSpec) { s.Count = new(2) }), ""); err != nil {
		t.Fatal(err)
	}
	unhealthy := func() int {
		t.Helper()
		d, err := h.Control.DescribeJob(t.Context(), "default", "site")
		noError(t, err)
		if d.Job.Running != 2 {
			t.Fatalf("%d tasks run, want 2", d.Job.Running)
		}
		return d.Job.Unhealthy
	}
	h.RunPlaced(t)
	if got := unhealthy(); got != 2 {
		t.Errorf("at once %d are not healthy, want 2", got)
	}
	h.Advance(t, 1100*time.Millisecond)
	if got := unhealthy(); got != 0 {
		t.Errorf("a second later %d are not healthy, want 0", got)
	}
}
