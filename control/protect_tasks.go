package control

import (
	"context"
	"fmt"
	"time"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// How long a task can be protected, in minutes (ECS).
const (
	DefaultProtection = 120
	maxProtection     = 2880
)

// The reasons why a task has no protection (ECS, "API failure reasons").
const (
	failTaskNotValid      = "TASK_NOT_VALID"
	failDeploymentBlocked = "DEPLOYMENT_BLOCKED"
)

// TaskProtection describes whether, and until when, a task is protected from scale-in and
// deployments.
type TaskProtection struct {
	Task  string
	On    bool
	Until structs.Time // if On
}

// ProtectionFailure is a task on which a call failed, and ECS's reason.
type ProtectionFailure struct {
	Task           string
	Reason, Detail string
}

// ProtectTasksInput asks for a change of protection.
type ProtectTasksInput struct {
	Cluster string
	Tasks   []string
	On      bool
	Minutes int // how long from now, if On
}

// ProtectTasks protects tasks of services from scale-in and deployments for a while, replacing
// earlier protection, or ends their protection.
func (c *Control) ProtectTasks(ctx context.Context, in ProtectTasksInput) ([]TaskProtection, []ProtectionFailure, error) {
	if in.On && (in.Minutes < 1 || in.Minutes > maxProtection) {
		return nil, nil, structs.Errorf(structs.KindInvalidParameter, "expiresInMinutes: %d is out of range; it must be between 1 and %d", in.Minutes, maxProtection)
	}
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, nil, err
	}
	if _, err := activeCluster(snap, in.Cluster); err != nil {
		return nil, nil, err
	}
	now := c.Now()
	var until structs.Time
	if in.On {
		until = now + structs.Time((time.Duration(in.Minutes) * time.Minute).Milliseconds())
	}
	var protected []TaskProtection
	var failures []ProtectionFailure
	var ids []string
	held := protections{snap: snap, now: now, byJob: map[string]int{}}
	for _, id := range in.Tasks {
		failure := unprotectable(snap, in.Cluster, id)
		if failure == nil && in.On {
			failure = held.add(snap.Task(id))
		}
		if failure != nil {
			failures = append(failures, *failure)
			continue
		}
		ids = append(ids, id)
		protected = append(protected, TaskProtection{Task: id, On: in.On, Until: until})
	}
	if len(ids) == 0 {
		return nil, failures, nil
	}
	_, err = c.config.Log.Apply(ctx, structs.ProtectTasks{Tasks: ids, Until: until, At: now})
	return protected, failures, err
}

// TaskProtections returns the present protection of tasks.
func (c *Control) TaskProtections(ctx context.Context, cluster string, tasks []string) ([]TaskProtection, []ProtectionFailure, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, nil, err
	}
	if _, err := activeCluster(snap, cluster); err != nil {
		return nil, nil, err
	}
	now := c.Now()
	var found []TaskProtection
	var failures []ProtectionFailure
	for _, id := range tasks {
		if failure := unprotectable(snap, cluster, id); failure != nil {
			failures = append(failures, *failure)
			continue
		}
		p := TaskProtection{Task: id}
		if until := snap.Task(id).ProtectedUntil; until > now {
			p.On, p.Until = true, until
		}
		found = append(found, p)
	}
	return found, failures, nil
}

// unprotectable returns why a task cannot be protected at all; nil if it can.
func unprotectable(snap *state.Snapshot, cluster, id string) *ProtectionFailure {
	t := snap.Task(id)
	if t == nil || t.Cluster != cluster {
		return &ProtectionFailure{Task: id, Reason: structs.FailMissing}
	}
	if job := snap.Job(t.Job); job == nil || job.Service == nil {
		return &ProtectionFailure{Task: id, Reason: failTaskNotValid, Detail: "The task is not part of an Amazon ECS service."}
	}
	if t.DesiredStatus == structs.TaskStopped {
		return &ProtectionFailure{Task: id, Reason: failTaskNotValid, Detail: "The task is stopping or has stopped."}
	}
	return nil
}

// protections counts the protected tasks of services, including those that a call adds.
type protections struct {
	snap  *state.Snapshot
	now   structs.Time
	byJob map[string]int
}

// add protects a task, or returns why it may not be protected, or not be protected for longer.
func (p *protections) add(t *structs.Task) *ProtectionFailure {
	job := p.snap.Job(t.Job)
	held, counted := p.byJob[job.ID]
	if !counted {
		held = p.count(job)
	}
	switch renewed := p.covers(t); {
	case held > job.Count:
		return deploymentBlocked(t, fmt.Sprintf("The service has %d protected tasks and desires %d. Wait until their protection ends, "+
			"end it for those that may be stopped, or raise the desired count above their number.", held, job.Count))
	case !renewed && p.replaced(t):
		return deploymentBlocked(t, "Unable to set protection because an ongoing deployment is replacing the task.")
	case !renewed:
		held++
	}
	p.byJob[job.ID] = held
	return nil
}

// count returns how many of a service's tasks are protected now. If more are protected than
// desired, its deployments cannot end (ECS).
func (p *protections) count(job *structs.Job) (n int) {
	for t := range p.snap.JobTasks(job.ID) {
		if p.covers(t) {
			n++
		}
	}
	return n
}

// covers reports whether a task is protected and not on its way out.
func (p *protections) covers(t *structs.Task) bool {
	return t.ProtectedUntil > p.now && t.Holds() && t.DesiredStatus < structs.TaskStopped
}

// replaced reports whether a deployment in progress is about to replace a task. Such a task must
// not get new protection, or the deployment would never end. Existing protection may be renewed, so
// that the task can finish its work.
func (p *protections) replaced(t *structs.Task) bool {
	own := p.snap.Deployment(t.StartedBy)
	return own != nil && own.TaskSet == nil && own.Status != structs.DeploymentPrimary
}

func deploymentBlocked(t *structs.Task, detail string) *ProtectionFailure {
	return &ProtectionFailure{Task: t.ID, Reason: failDeploymentBlocked, Detail: detail}
}
