package scheduler

import (
	"slices"
	"strconv"

	"github.com/gantry-project/gantry/structs"
)

// planWriter writes decisions into the plan: stops, deployments, events (events.go) and the next
// look.
type planWriter struct {
	look

	plan     *structs.Plan
	ids      taskIDs
	messages []string // events except those about starts and stops
	wakeAt   structs.Time
}

func (w *planWriter) stop(t *structs.Task, reason string) {
	w.plan.Stops = append(w.plan.Stops, structs.Stop{Task: t.ID, Code: structs.StopServiceSchedulerInitiated, Reason: reason})
}

// wake asks for another look at a time. The earliest of these times counts.
func (w *planWriter) wake(at structs.Time) {
	if w.wakeAt == 0 || at < w.wakeAt {
		w.wakeAt = at
	}
}

// retire makes a deployment INACTIVE.
func (w *planWriter) retire(d *structs.Deployment) {
	over := *d
	over.Status = structs.DeploymentInactive
	if over.FinishedAt == 0 {
		over.FinishedAt = w.in.Now
	}
	w.put(&over)
}

// put puts a deployment into the plan, replacing an earlier version of it.
func (w *planWriter) put(d *structs.Deployment) {
	row := *d
	row.UpdatedAt = w.in.Now
	w.plan.Deployments = slices.DeleteFunc(w.plan.Deployments, func(p structs.Deployment) bool { return p.ID == row.ID })
	w.plan.Deployments = append(w.plan.Deployments, row)
}

// deploymentID returns a new id: ecs-svc/ and 19 digits.
func (w *planWriter) deploymentID() string {
	random, _ := strconv.ParseUint(w.ids.next()[:16], 16, 64) // never fails for 16 hex digits
	return "ecs-svc/" + strconv.FormatUint(1e18+random%9e18, 10)
}
