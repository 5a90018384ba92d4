package fsm

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// steadyUptime is how long a task must have been up, in milliseconds, for its end to be no failure
// of its deployment: one that starts and ends at once, again and again, is a crash loop, which must
// back off and trip the circuit breaker.
const steadyUptime = 10_000

// countReport keeps the failure counts of a task's deployment up with what its agent reported. A
// task that ends while it was to run ended without being asked: who asks a task to stop says so in
// its desired status first.
func countReport(tx *state.Tx, was, is *structs.Task, d *structs.TaskDefinition, at structs.Time) {
	old := deploymentOf(tx, is)
	if old == nil {
		return
	}
	if was.DesiredStatus != structs.TaskRunning || is.DesiredStatus != structs.TaskStopped {
		return
	}
	row := *old
	steady := (up(was, d) || up(is, d)) && at-is.StartedAt >= steadyUptime
	if steady {
		row.Failures = 0
	} else {
		row.FailedTasks++
	}
	row.Failures++
	row.LastFailureAt, row.UpdatedAt = at, at
	tx.PutDeployment(&row)
}

// countUnhealthy counts a task that the scheduler stops for failing its health checks.
func countUnhealthy(tx *state.Tx, t *structs.Task, at structs.Time) {
	old := deploymentOf(tx, t)
	if old == nil {
		return
	}
	row := *old
	row.Failures++
	row.FailedTasks++
	row.LastFailureAt, row.UpdatedAt = at, at
	tx.PutDeployment(&row)
}

// forgetFailures takes failed tasks off the count of their deployment. Those that failed since the
// plan was made stay.
func forgetFailures(tx *state.Tx, job *structs.Job, failed *structs.FailedTasks) {
	old := tx.Deployment(failed.Deployment)
	if old == nil || old.Job != job.ID {
		return
	}
	d := *old
	d.FailedTasks = max(0, d.FailedTasks-failed.Count)
	tx.PutDeployment(&d)
}

// up says whether a task has come up: it reached RUNNING and, where its definition has a health
// check, is HEALTHY.
func up(t *structs.Task, d *structs.TaskDefinition) bool {
	started := t.LastStatus == structs.TaskRunning || t.StartedAt != 0
	return started && (d == nil || !d.HasHealthCheck() || t.Health(d) == structs.Healthy)
}

// deploymentOf gives the deployment that a task belongs to, nil when it belongs to none. Users
// choose the StartedBy of their own tasks, which may look like a deployment.
func deploymentOf(tx *state.Tx, t *structs.Task) *structs.Deployment {
	if d := tx.Deployment(t.StartedBy); d != nil && d.Job == t.Job {
		return d
	}
	return nil
}
