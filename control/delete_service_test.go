package control_test

import (
	"strings"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// A service is seen draining once, even if it has no task and is INACTIVE at the same moment. The
// deployment in progress shows why it ended.
func TestDeleteService(t *testing.T) {
	h := newHarness(t)
	for name, test := range map[string]struct {
		count   int
		rollout string
		reason  string
	}{
		"empty":     {0, structs.RolloutCompleted, "completed."},
		"deploying": {2, structs.RolloutFailed, "ECS deployment stop: the service was deleted."},
	} {
		job := h.create(control.CreateServiceInput{Name: name, ServiceChange: control.ServiceChange{TaskDefinition: "app:1", Count: new(test.count)}})
		deleted, err := h.Control.DeleteService(t.Context(), "default", name, true)
		noError(t, err)
		if deleted.Status != structs.ServiceDraining || deleted.DeletedAt != 0 {
			t.Errorf("%s: the answer is that it is %s", name, deleted.Status)
		}
		h.Settle(t)
		if now := h.Store.Snapshot().Job(job.ID); now.Status != structs.ServiceInactive {
			t.Errorf("%s: in the end it is %s", name, now.Status)
		}
		for d := range h.Store.Snapshot().Deployments(job.ID) {
			if d.Status != structs.DeploymentInactive || d.Rollout != test.rollout || !strings.HasSuffix(d.RolloutReason, test.reason) || d.FinishedAt == 0 {
				t.Errorf("%s: deployment %+v", name, d)
			}
		}
	}
}
