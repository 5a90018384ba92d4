package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

// pollEvery is how often the status of a job is asked for while waiting for it.
const pollEvery = 300 * time.Millisecond

// awaitJob waits until a job is up as it was put, and prints each step. It fails as soon as the job
// cannot get there any more.
func awaitJob(ctx context.Context, c *client.Client, put structs.JobPut, out io.Writer) error {
	told := ""
	for {
		d, err := c.Job(ctx, put.Cluster, put.ID)
		if err != nil {
			return cmp.Or(context.Cause(ctx), fmt.Errorf("job %s goes on, but waiting for it failed: %w", put.Name, err))
		}
		if now := progress(&d, put); now != told {
			told = now
			fmt.Fprintln(out, now)
		}
		if done, err := arrived(&d, put); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pollEvery):
		}
	}
}

// arrived reports whether a job is up as it was put, or returns why it will not be.
func arrived(d *structs.JobDetail, put structs.JobPut) (done bool, err error) {
	if put.Type == structs.JobBatch {
		return ended(d, put)
	}
	job := d.Job.Job
	if job.Status != structs.ServiceActive {
		return false, fmt.Errorf("job %s was stopped in the meantime", put.Name)
	}
	primary, others := (*structs.Deployment)(nil), 0
	for _, dep := range d.Deployments {
		switch {
		case dep.ID == put.Deployment && dep.Rollout == structs.RolloutFailed:
			return false, fmt.Errorf("the deployment of job %s failed: %s%s", put.Name, strings.TrimSuffix(dep.RolloutReason, "."), lastFailure(d, dep.ID))
		case dep.ID == put.Deployment && hopeless(job, dep):
			return false, fmt.Errorf("job %s does not come up: %s%s; it has no circuit breaker, so the deployment continues, see \"gantry job status %s\"",
				put.Name, structs.Counted(dep.FailedTasks, "failed task"), lastFailure(d, dep.ID), put.Name)
		case dep.Status == structs.DeploymentPrimary:
			primary = dep
		case dep.Status == structs.DeploymentActive:
			others++
		}
	}
	if job.Version != put.Version {
		return false, fmt.Errorf("job %s was changed in the meantime: it is at version %d, this was version %d", put.Name, job.Version, put.Version)
	}
	for _, t := range d.Tasks {
		switch trouble := t.Files.Trouble(); {
		case !t.Holds() || t.DesiredStatus == structs.TaskStopped || trouble == "":
		case t.Files.Problem != "":
			return false, fmt.Errorf("job %s: task %s keeps what it has, %s", put.Name, t.ID, trouble)
		default:
			return false, nil
		}
	}
	decided := true
	for _, e := range d.Evaluations {
		decided = decided && (e.ID != put.Evaluation || e.Status != structs.EvaluationReady)
	}
	up := decided && primary != nil && primary.Rollout == structs.RolloutCompleted && d.Job.Pending == 0 && d.Job.Unhealthy == 0
	// on a draining instance, the task of a daemon stays as long as other tasks do
	if put.Type == structs.JobDaemon {
		return up && d.Job.Running >= job.Count, nil
	}
	return up && others == 0 && d.Job.Running == job.Count, nil
}

// hopeless reports whether as many tasks of a rollout have failed as a circuit breaker would allow,
// while the job has none.
func hopeless(job *structs.Job, d *structs.Deployment) bool {
	return d.Rollout == structs.RolloutInProgress && !job.Service.Update.CircuitBreaker && d.FailedTasks >= job.Service.Update.Threshold(job.Count)
}

// ended reports whether each task of a batch job has succeeded, or returns why that cannot happen.
func ended(d *structs.JobDetail, put structs.JobPut) (done bool, err error) {
	switch d.Job.Status {
	case structs.BatchRunning:
		return false, nil
	case structs.BatchSucceeded:
		return true, nil
	case structs.BatchFailed:
		return false, fmt.Errorf("job %s failed: %s%s", put.Name, batchCounts(d.Job.Batch), lastFailure(d, ""))
	}
	return false, fmt.Errorf("job %s was stopped in the meantime", put.Name)
}

// batchCounts returns the progress of a batch job.
func batchCounts(n *structs.BatchCounts) string {
	if n == nil {
		return "its task definition is gone"
	}
	text := fmt.Sprintf("%d of %d succeeded", n.Succeeded, n.Succeeded+n.Failed+n.Active+n.Waiting)
	for _, part := range []struct {
		n    int
		what string
	}{{n.Failed, "failed"}, {n.Active, "under way"}, {n.Waiting, "waiting"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.what)
		}
	}
	return text
}

// progress returns a line about the progress of a job.
func progress(d *structs.JobDetail, put structs.JobPut) string {
	text := fmt.Sprintf("  %d of %d running", d.Job.Running, d.Job.Count)
	if d.Job.Unhealthy > 0 {
		text += fmt.Sprintf(", %d of them not healthy yet", d.Job.Unhealthy)
	}
	if d.Job.Pending > 0 {
		text += fmt.Sprintf(", %d pending", d.Job.Pending)
	}
	if put.Type == structs.JobBatch {
		text = "  " + batchCounts(d.Job.Batch)
	}
	for _, t := range d.Tasks {
		if t.Pull != nil { // one of them speaks for all
			text += ", " + t.Pull.String()
			break
		}
	}
	if d.Job.Unplaced > 0 {
		text += fmt.Sprintf(", %s", notPlaced(d))
	}
	for _, dep := range d.Deployments {
		if dep.Status == structs.DeploymentPrimary {
			text += ", deployment " + dep.Rollout
		}
		if dep.ID == put.Deployment && dep.FailedTasks > 0 {
			text += ", " + structs.Counted(dep.FailedTasks, "failed task") + lastFailure(d, dep.ID)
		}
	}
	return text
}

// notPlaced returns how many tasks have no place, why, and what would help.
func notPlaced(d *structs.JobDetail) string {
	text := structs.Counted(d.Job.Unplaced, "task") + " without a place"
	for _, e := range d.Evaluations {
		if e.Unplaced == 0 {
			continue
		}
		if len(e.Failures) > 0 {
			text += " (" + cmp.Or(reasonText(e.Failures[0].Reason), e.Failures[0].Reason) + ")"
		}
		if e.Remedy != "" {
			text += "; would help: " + e.Remedy
		}
		break
	}
	return text
}

// lastFailure returns how the last task of a deployment ended that nobody stopped; empty if there
// is none.
func lastFailure(d *structs.JobDetail, deployment string) string {
	for _, t := range d.Tasks {
		if t.StartedBy == deployment && t.LastStatus == structs.TaskStopped && t.StopCode != structs.StopServiceSchedulerInitiated && !endedWell(t) {
			return "; the last one: " + taskEnd(t)
		}
	}
	return ""
}

// endedWell reports whether all containers of a task ended by themselves with exit code zero.
func endedWell(t *structs.Task) bool {
	return t.StopCode == structs.StopEssentialContainerExited &&
		!slices.ContainsFunc(t.Containers, func(c structs.Container) bool { return c.ExitCode == nil || *c.ExitCode != 0 })
}

// taskEnd returns why a task ended, with the reasons of its containers.
func taskEnd(t *structs.Task) string {
	text := t.StoppedReason
	for _, c := range t.Containers {
		switch {
		case c.Reason != "" && c.Reason != t.StoppedReason:
			text += fmt.Sprintf(" (%s: %s)", c.Name, c.Reason)
		case c.ExitCode != nil && *c.ExitCode != 0:
			text += fmt.Sprintf(" (%s: exit code %d)", c.Name, *c.ExitCode)
		}
	}
	return text
}
