package control_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
)

// A task that is being replaced gets no new protection, which would hold up the deployment. One
// that is protected already may have it renewed.
func TestProtectionDuringADeployment(t *testing.T) {
	h := newHarness(t)
	old := h.tasks(h.deployments("web")[0].ID)
	protect := func(task string) []control.ProtectionFailure {
		t.Helper()
		_, failures, err := h.Control.ProtectTasks(t.Context(), control.ProtectTasksInput{
			Cluster: "default", Tasks: []string{task}, On: true, Minutes: 10,
		})
		if err != nil {
			t.Fatal(err)
		}
		return failures
	}
	protect(old[0])
	h.update(control.UpdateServiceInput{ForceNewDeployment: true})
	if f := protect(old[0]); len(f) != 0 {
		t.Errorf("renewed protection: %+v", f)
	}
	if f := protect(old[1]); len(f) != 1 || f[0].Reason != "DEPLOYMENT_BLOCKED" {
		t.Errorf("new protection of a task that is being replaced: %+v", f)
	}
	h.Settle(t)
	if left := h.tasks(h.deployments("web")[0].ID); !slices.Equal(left, old[:1]) {
		t.Errorf("of the old tasks %v are left, want the protected one", left)
	}
	h.Advance(t, 11*time.Minute)
	protections, _, err := h.Control.TaskProtections(t.Context(), "default", old[:1])
	if err != nil || len(protections) != 0 && protections[0].On {
		t.Errorf("%v: the protection has not ended: %+v", err, protections)
	}
	h.Settle(t)
	if left := h.tasks(h.deployments("web")[0].ID); len(left) != 0 {
		t.Errorf("%v are left after their protection", left)
	}
}

// While more tasks are protected than desired, protection is neither given nor extended (ECS):
// otherwise a service could never finish scaling in.
func TestProtectionOfMoreThanDesired(t *testing.T) {
	h := newHarness(t)
	tasks := h.tasks(h.deployments("web")[0].ID)
	blocked := func(on bool, ids ...string) (blocked []string) {
		t.Helper()
		_, failures, err := h.Control.ProtectTasks(t.Context(), control.ProtectTasksInput{Cluster: "default", Tasks: ids, On: on, Minutes: 10})
		noError(t, err)
		for _, f := range failures {
			if f.Reason != "DEPLOYMENT_BLOCKED" {
				t.Errorf("task %s: %+v", f.Task, f)
			}
			blocked = append(blocked, f.Task)
		}
		return blocked
	}
	if got := blocked(true, tasks...); len(got) != 0 {
		t.Errorf("as many as are desired: %v are blocked", got)
	}
	if got := blocked(true, tasks...); len(got) != 0 {
		t.Errorf("as many as are desired, for longer: %v are blocked", got)
	}
	h.update(control.UpdateServiceInput{ServiceChange: control.ServiceChange{Count: new(1)}})
	if got := blocked(true, tasks...); !slices.Equal(got, tasks) {
		t.Errorf("of two protected tasks with one desired %v are blocked, want both", got)
	}
	events := h.Store.Snapshot().ServiceEvents(h.Store.Snapshot().Service("default", "web").ID).Events
	if !strings.Contains(events[0].Message, "The number of protected tasks are more than the desired count of tasks.") {
		t.Errorf("the last event is %q", events[0].Message)
	}
	if got := blocked(false, tasks[0]); len(got) != 0 {
		t.Errorf("ending a protection: %v are blocked", got)
	}
	h.Settle(t)
	if got := blocked(true, tasks[1]); len(got) != 0 {
		t.Errorf("the one that is desired, for longer: %v are blocked", got)
	}
}
