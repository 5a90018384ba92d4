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

// pollEvery is how often a job that is waited for is looked at.
const pollEvery = 300 * time.Millisecond

// awaitJob waits until a job is what was put, and tells of each step. It fails once it is known
// that it will not be.
func awaitJob(ctx context.Context, c *client.Client, put structs.JobPut, out io.Writer) error {
	told := ""
	for {
		d, err := c.Job(ctx, put.Cluster, put.ID)
		if err != nil {
			return cmp.Or(context.Cause(ctx), err)
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

// arrived says whether a job is what was put, or why it will not be.
func arrived(d *structs.JobDetail, put structs.JobPut) (done bool, err error) {
	if put.Type == structs.JobBatch {
		return ended(d, put)
	}
	job := d.Job.Job
	if job.Status != structs.ServiceActive {
		return false, fmt.Errorf("job %s was stopped meanwhile", put.Name)
	}
	primary, others := (*structs.Deployment)(nil), 0
	for _, dep := range d.Deployments {
		switch {
		case dep.ID == put.Deployment && dep.Rollout == structs.RolloutFailed:
			return false, fmt.Errorf("the deployment of job %s failed: %s%s", put.Name, strings.TrimSuffix(dep.RolloutReason, "."), lastFailure(d, dep.ID))
		case dep.ID == put.Deployment && hopeless(job, dep):
			return false, fmt.Errorf("job %s does not come up: %s%s; it has no circuit breaker and is tried on, see gantry job status %s",
				put.Name, structs.Counted(dep.FailedTasks, "failed task"), lastFailure(d, dep.ID), put.Name)
		case dep.Status == structs.DeploymentPrimary:
			primary = dep
		case dep.Status == structs.DeploymentActive:
			others++
		}
	}
	if job.Version != put.Version {
		return false, fmt.Errorf("job %s was changed meanwhile: it is at version %d, this was version %d", put.Name, job.Version, put.Version)
	}
	decided := true
	for _, e := range d.Evaluations {
		decided = decided && (e.ID != put.Evaluation || e.Status != structs.EvaluationReady)
	}
	up := decided && primary != nil && primary.Rollout == structs.RolloutCompleted && d.Job.Pending == 0 && d.Job.Unhealthy == 0
	// on an instance that drains its task stays as long as others do
	if put.Type == structs.JobDaemon {
		return up && d.Job.Running >= job.Count, nil
	}
	return up && others == 0 && d.Job.Running == job.Count, nil
}

// hopeless reports whether a rollout has failed as often as a circuit breaker, which the job does
// not have, would let it.
func hopeless(job *structs.Job, d *structs.Deployment) bool {
	return d.Rollout == structs.RolloutInProgress && !job.Service.Update.CircuitBreaker && d.FailedTasks >= job.Service.Update.Threshold(job.Count)
}

// ended says whether each task of a batch job has succeeded, or that this will not be.
func ended(d *structs.JobDetail, put structs.JobPut) (done bool, err error) {
	switch d.Job.Status {
	case structs.BatchRunning:
		return false, nil
	case structs.BatchSucceeded:
		return true, nil
	case structs.BatchFailed:
		return false, fmt.Errorf("job %s failed: %s%s", put.Name, batchCounts(d.Job.Batch), lastFailure(d, ""))
	}
	return false, fmt.Errorf("job %s was stopped meanwhile", put.Name)
}

// batchCounts says how far a batch job is.
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

// progress is a line on how far a job is.
func progress(d *structs.JobDetail, put structs.JobPut) string {
	text := fmt.Sprintf("  %d of %d running", d.Job.Running, d.Job.Count)
	if d.Job.Unhealthy > 0 {
		text += fmt.Sprintf(", %d of them not healthy yet", d.Job.Unhealthy)
	}
	if d.Job.Pending > 0 {
		text += fmt.Sprintf(", %d on the way", d.Job.Pending)
	}
	if put.Type == structs.JobBatch {
		text = "  " + batchCounts(d.Job.Batch)
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

// notPlaced says what keeps tasks of a job from a place, and what would help.
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

// lastFailure says how the last task of a deployment ended that nobody asked to; empty where none
// did.
func lastFailure(d *structs.JobDetail, deployment string) string {
	for _, t := range d.Tasks {
		if t.StartedBy == deployment && t.LastStatus == structs.TaskStopped && t.StopCode != structs.StopServiceSchedulerInitiated && !endedWell(t) {
			return "; the last one: " + taskEnd(t)
		}
	}
	return ""
}

// endedWell says whether a task ran and its containers ended with exit code zero.
func endedWell(t *structs.Task) bool {
	return t.StopCode == structs.StopEssentialContainerExited &&
		!slices.ContainsFunc(t.Containers, func(c structs.Container) bool { return c.ExitCode == nil || *c.ExitCode != 0 })
}

// taskEnd says how a task ended: its reason, and those of its containers.
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
