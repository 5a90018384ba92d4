package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// changeJob commits a plan's changes to its job, except new tasks, and returns the changed job.
func changeJob(tx *state.Tx, index uint64, job *structs.Job, plan *structs.Plan) (*structs.Job, error) {
	for n := range plan.Deployments {
		if err := checkAnswered(tx, &plan.Deployments[n]); err != nil {
			return nil, err
		}
	}
	job, err := rollBack(tx, job, plan)
	if err != nil {
		return nil, err
	}
	for n := range plan.Deployments {
		putPlanned(tx, job, plan.Deployments[n])
	}
	if plan.Forgets != nil {
		forgetFailures(tx, job, plan.Forgets)
	}
	for _, s := range plan.Stops {
		wakeLast(tx, index, plan.At, stopPlanned(tx, index, job, s, plan.At))
	}
	putEvents(tx, job.ID, plan.Events)
	job = setDesired(tx, job, plan)
	return setJobStatus(tx, job, plan), nil
}

// checkAnswered refuses a plan that was made before a user answered a pause of the deployment, so
// that no acknowledged answer is lost.
func checkAnswered(tx *state.Tx, d *structs.Deployment) error {
	old := tx.Deployment(d.ID)
	if old == nil {
		return nil
	}
	for _, p := range old.Pauses {
		if planned := d.FindPause(p.ID); planned == nil || !p.Waits() && planned.Status != p.Status {
			return structs.Errorf(structs.KindConflict, "The plan is stale: it does not know the answer to hook %s of deployment %s.", p.ID, d.ID)
		}
	}
	return nil
}

// rollBack makes the version that a plan rolls back to the next version of a service.
func rollBack(tx *state.Tx, job *structs.Job, plan *structs.Plan) (*structs.Job, error) {
	if plan.Rollback == nil {
		return job, nil
	}
	if plan.Rollback.Version != job.Version+1 {
		return nil, structs.Errorf(structs.KindConflict,
			"The plan rolls job %s back from version %d to %d, which is not the next.",
			job.ID, job.Version, plan.Rollback.Version)
	}
	next := *plan.Rollback
	keepIdentity(&next, job)
	next.Status, next.DeletedAt = job.Status, job.DeletedAt
	followFiles(tx, job, &next)
	putVersion(tx, &next)
	return &next, nil
}

// putPlanned puts a deployment of a plan. It keeps the fields that others write: the failure
// counts, the digests of images, and a user's request to stop. A rollback begins with the digests
// of the deployment that it returns to.
func putPlanned(tx *state.Tx, job *structs.Job, d structs.Deployment) {
	old := tx.Deployment(d.ID)
	if old != nil && old.Job != job.ID {
		return
	}
	d.Cluster, d.Job = job.Cluster, job.ID
	if old != nil {
		d.JobVersion, d.CreatedAt = old.JobVersion, old.CreatedAt
		d.FailedTasks, d.Failures, d.LastFailureAt = old.FailedTasks, old.Failures, old.LastFailureAt
		d.Images = old.Images
		setOnce(&d.StopRequested, old.StopRequested)
	} else if adopted := tx.Deployment(d.Adopts); adopted != nil && adopted.Job == job.ID {
		d.Images = adopted.Images
	}
	tx.PutDeployment(&d)
	if old == nil && d.Adopts != "" {
		adopt(tx, job, &d)
	}
	if d.TaskSet != nil && d.Status == structs.DeploymentInactive {
		tx.PutTags(structs.TaskSetKey(job, d.ID), nil)
	}
}

// adopt lets a rollback take over the tasks of the deployment it returns to: they have the same
// revision, so they need not be replaced.
func adopt(tx *state.Tx, job *structs.Job, d *structs.Deployment) {
	for _, old := range slices.Collect(tx.JobTasks(job.ID)) {
		if old.StartedBy != d.Adopts || !old.Holds() {
			continue
		}
		t := *old
		t.StartedBy = d.ID
		t.Version++
		tx.PutTask(&t)
	}
}

// stopPlanned asks a task to stop on behalf of its service. If its agent is not connected, the task
// is STOPPED at once and its instance is returned.
func stopPlanned(tx *state.Tx, index uint64, job *structs.Job, s structs.Stop, at structs.Time) (unseen *structs.ContainerInstance) {
	old := tx.Task(s.Task)
	if old == nil || old.Job != job.ID || old.DesiredStatus == structs.TaskStopped {
		return nil
	}
	t := *old
	t.DesiredStatus = structs.TaskStopped
	t.StopCode, t.StoppedReason = s.Code, s.Reason
	setOnce(&t.StoppingAt, at)
	if i := tx.Instance(t.Instance); i != nil && !i.AgentConnected {
		endUnseen(&t, at)
		unseen = i
	}
	t.Version++
	tx.PutTask(&t)
	leaveTargets(tx, index, old, &t, at)
	if structs.IsUnhealthyReason(s.Reason) {
		countUnhealthy(tx, &t, at)
	}
	return unseen
}

// putEvents adds events, given in the order in which they happened, to those of a service.
func putEvents(tx *state.Tx, job string, happened []structs.ServiceEvent) {
	if len(happened) == 0 {
		return
	}
	events := slices.Clone(happened)
	slices.Reverse(events)
	events = append(events, tx.ServiceEvents(job).Events...)
	events = slices.Clip(events[:min(len(events), structs.MaxServiceEvents)])
	tx.PutServiceEvents(&structs.ServiceEvents{Job: job, Events: events})
}

// setDesired sets the desired count of a daemon, which is the number of instances it runs on.
func setDesired(tx *state.Tx, job *structs.Job, plan *structs.Plan) *structs.Job {
	if plan.Desired == nil || job.Status != structs.ServiceActive || job.Count == *plan.Desired {
		return job
	}
	next := *job
	next.Count = *plan.Desired
	tx.PutJob(&next)
	return &next
}

// setJobStatus ends a job: a deleted service that has no tasks left, or a finished batch job.
func setJobStatus(tx *state.Tx, job *structs.Job, plan *structs.Plan) *structs.Job {
	if plan.JobStatus == "" || plan.JobStatus == job.Status {
		return job
	}
	next := *job
	next.Status = plan.JobStatus
	switch {
	case !isService(job):
		next.EndedAt = plan.At
	case next.Status == structs.ServiceInactive:
		next.DeletedAt, next.ClientToken = plan.At, ""
		tx.RemoveJob(job) // its client token and its name become free
	}
	tx.PutJob(&next)
	return &next
}
