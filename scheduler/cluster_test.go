package scheduler

import (
	"encoding/binary"
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// cluster is a small model of what surrounds the scheduler: a state with one service, to which
// plans are applied as by fsm, and whose tasks do what a test wants. Tests of single rules and the
// simulation share it.
type cluster struct {
	t     interface{ Fatalf(string, ...any) }
	store *state.Store
	now   structs.Time
	seeds uint64
	// started are the ids of all tasks that plans placed, in their order.
	started []string
}

const serviceJob = "0123456789abcdef0123456789abcdef"

func newCluster(t interface{ Fatalf(string, ...any) }) *cluster {
	return &cluster{t: t, store: state.New(), now: 1_000_000}
}

func (c *cluster) update(fn func(tx *state.Tx)) {
	err := c.store.Update(c.store.Snapshot().Index()+1, func(tx *state.Tx) error { fn(tx); return nil })
	if err != nil {
		c.t.Fatalf("update: %v", err)
	}
}

func (c *cluster) job() *structs.Job { return c.store.Snapshot().Job(serviceJob) }

// define registers a revision of family f; its container has a health check if checked.
func (c *cluster) define(revision int32, checked bool, cpu, memory, port int32) {
	container := structs.ContainerDefinition{Name: "app", Cpu: cpu, Memory: new(memory)}
	if checked {
		container.HealthCheck = &structs.HealthCheck{Command: []string{"CMD", "true"}}
	}
	if port > 0 {
		container.PortMappings = []structs.PortMapping{{ContainerPort: new(port), HostPort: new(port), Protocol: "tcp"}}
	}
	c.update(func(tx *state.Tx) {
		tx.PutTaskDefinition(&structs.TaskDefinition{
			Family: "f", Revision: revision, NetworkMode: "bridge", ContainerDefinitions: []structs.ContainerDefinition{container},
		})
	})
}

// put creates the service or its next version and, if deploy is not empty, a deployment with that
// id.
func (c *cluster) put(job structs.Job, deploy string) {
	c.update(func(tx *state.Tx) {
		job.Version++
		tx.PutJob(&job)
		tx.PutJobVersion(&job)
		if deploy == "" {
			return
		}
		alternate := false
		for _, d := range slices.Collect(tx.Deployments(job.ID)) {
			if d.Rollout == structs.RolloutCompleted {
				alternate = d.Alternate
			}
			if d.Status == structs.DeploymentPrimary {
				old := *d
				old.Status = structs.DeploymentActive
				tx.PutDeployment(&old)
			}
		}
		d := structs.Deployment{
			ID: deploy, Cluster: job.Cluster, Job: job.ID, JobVersion: job.Version, TaskDefinition: job.TaskDefinition,
			Status: structs.DeploymentPrimary, Rollout: structs.RolloutInProgress, CreatedAt: c.now, Alternate: alternate,
		}
		if job.Service.Update.Shift != nil {
			d.Stage = structs.StageReconcileService
		}
		tx.PutDeployment(&d)
	})
}

// answerPause answers the oldest waiting pause of a deployment, and reports whether there was one.
func answerPause(row *structs.Deployment, action string) bool {
	row.Pauses = slices.Clone(row.Pauses)
	for n := range row.Pauses {
		if p := &row.Pauses[n]; p.Waits() {
			p.Status = structs.HookSucceeded
			if action == structs.HookRollback {
				p.Status = structs.HookFailed
			}
			return true
		}
	}
	return false
}

func (c *cluster) input() Input {
	c.seeds++
	in := Input{
		View: c.store.Snapshot(), Evaluation: &structs.Evaluation{ID: "e", Cluster: "default", Job: serviceJob}, Now: c.now,
	}
	binary.BigEndian.PutUint64(in.Seed[:], c.seeds)
	return in
}

// look plans, and applies the plan.
func (c *cluster) look() structs.Plan {
	plan := Schedule(c.input())
	c.apply(&plan)
	return plan
}

func (c *cluster) apply(plan *structs.Plan) {
	c.update(func(tx *state.Tx) {
		job := *tx.Job(plan.Job)
		if plan.Rollback != nil {
			job = *plan.Rollback
			tx.PutJobVersion(plan.Rollback)
		}
		if plan.JobStatus != "" {
			job.Status = plan.JobStatus
		}
		tx.PutJob(&job)
		for _, d := range plan.Deployments {
			if old := tx.Deployment(d.ID); old != nil {
				d.FailedTasks, d.Failures, d.LastFailureAt = old.FailedTasks, old.Failures, old.LastFailureAt
			}
			tx.PutDeployment(&d)
			for _, task := range slices.Collect(tx.JobTasks(job.ID)) {
				if old := *task; d.Adopts != "" && old.StartedBy == d.Adopts && old.Holds() {
					old.StartedBy = d.ID
					tx.PutTask(&old)
				}
			}
		}
		if f := plan.Forgets; f != nil {
			d := *tx.Deployment(f.Deployment)
			d.FailedTasks -= f.Count
			tx.PutDeployment(&d)
		}
		for _, s := range plan.Stops {
			task := *tx.Task(s.Task)
			task.DesiredStatus, task.StopCode, task.StoppedReason = structs.TaskStopped, s.Code, s.Reason
			tx.PutTask(&task)
			if structs.IsUnhealthyReason(s.Reason) {
				c.countFailure(tx, &task, false)
			}
		}
		for _, p := range plan.Placements {
			c.started = append(c.started, p.Task)
			tx.PutTask(&structs.Task{
				ID: p.Task, Cluster: job.Cluster, Job: job.ID, Instance: p.Instance, StartedBy: plan.Deployment,
				TaskDefinition: tx.Deployment(plan.Deployment).TaskDefinition,
				LastStatus:     structs.TaskProvisioning, DesiredStatus: structs.TaskRunning, CreatedAt: c.now,
				CPU: plan.Need.CPU, Memory: plan.Need.Memory, Ports: plan.Need.Ports, CapacityProvider: p.Provider,
			})
		}
		events := slices.Clone(tx.ServiceEvents(job.ID).Events)
		for _, e := range plan.Events {
			events = slices.Insert(events, 0, e)
		}
		tx.PutServiceEvents(&structs.ServiceEvents{Job: job.ID, Events: events})
	})
}

// report reports a task's status and the health of its container, as an agent does.
func (c *cluster) report(id string, status structs.TaskStatus, health string) {
	c.update(func(tx *state.Tx) {
		task := *tx.Task(id)
		def := tx.TaskDefinition(task.TaskDefinition)
		wasUp, asked := isUp(&task, def), task.DesiredStatus == structs.TaskStopped
		task.LastStatus = max(task.LastStatus, status)
		if status == structs.TaskRunning {
			if task.StartedAt == 0 {
				task.StartedAt = c.now
			}
			task.Containers = []structs.Container{{Name: "app", LastStatus: structs.TaskRunning, HealthStatus: health}}
		}
		if status == structs.TaskStopped {
			task.DesiredStatus = structs.TaskStopped
		}
		if def.HasHealthCheck() && isUp(&task, def) && !wasUp {
			task.HealthyAt = c.now
		}
		tx.PutTask(&task)
		if status == structs.TaskStopped && !asked {
			c.countFailure(tx, &task, wasUp && c.now-task.StartedAt >= 10_000)
		}
	})
}

// countFailure counts a task that ended without being asked to, as the state machine does; steady
// reports whether it had been up for long.
func (c *cluster) countFailure(tx *state.Tx, task *structs.Task, steady bool) {
	d := *tx.Deployment(task.StartedBy)
	if steady {
		d.Failures = 0
	} else {
		d.FailedTasks++
	}
	d.Failures++
	d.LastFailureAt = c.now
	tx.PutDeployment(&d)
}

func isUp(t *structs.Task, def *structs.TaskDefinition) bool {
	return t.LastStatus == structs.TaskRunning && (!def.HasHealthCheck() || t.Health(def) == structs.Healthy)
}

// alter changes a row of an instance, task or deployment.
func (c *cluster) alterInstance(id string, fn func(*structs.ContainerInstance)) {
	c.update(func(tx *state.Tx) {
		row := *tx.Instance(id)
		fn(&row)
		tx.PutInstance(&row)
	})
}

func (c *cluster) alterTask(id string, fn func(*structs.Task)) {
	c.update(func(tx *state.Tx) {
		row := *tx.Task(id)
		fn(&row)
		tx.PutTask(&row)
	})
}

func (c *cluster) alterDeployment(id string, fn func(*structs.Deployment)) {
	c.update(func(tx *state.Tx) {
		row := *tx.Deployment(id)
		fn(&row)
		tx.PutDeployment(&row)
	})
}
