package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// The tags that ECS itself sets on tasks of a service with managed tags.
const (
	tagClusterName = "aws:ecs:clusterName"
	tagServiceName = "aws:ecs:serviceName"
)

// taskMaker creates the tasks of one plan. They share strings, ports and tags with their job,
// instance and plan, which is most of a task's size before it runs.
type taskMaker struct {
	job   *structs.Job // nil if it has gone
	model structs.Task // common to all tasks of the plan
	tags  []structs.Tag
	gpus  int // of each task
	// addressed means that each task gets an address of its instance's block.
	addressed bool
}

func newTaskMaker(tx *state.Tx, job *structs.Job, plan *structs.Plan) taskMaker {
	if job == nil {
		return taskMaker{}
	}
	m := taskMaker{job: job, tags: job.Tags, gpus: plan.Need.GPUs, addressed: plan.Need.Addresses > 0, model: structs.Task{
		Cluster:        job.Cluster,
		Job:            job.ID,
		TaskDefinition: job.TaskDefinition,
		Group:          job.Group,
		StartedBy:      job.StartedBy,
		LastStatus:     structs.TaskProvisioning,
		DesiredStatus:  structs.TaskRunning,
		Version:        1,
		CPU:            plan.Need.CPU,
		Memory:         plan.Need.Memory,
		Ports:          plan.Need.Ports,
		CreatedAt:      plan.At,

		EnableExecuteCommand: job.EnableExecuteCommand,
	}}
	if isService(job) {
		m.ofService(tx, plan)
	}
	return m
}

// ofService makes the tasks belong to a service's deployment.
func (m *taskMaker) ofService(tx *state.Tx, plan *structs.Plan) {
	m.model.Group = serviceGroup(m.job)
	if d := tx.Deployment(plan.Deployment); d != nil {
		m.model.StartedBy, m.model.TaskDefinition = d.ID, d.TaskDefinition
	}
	m.tags = serviceTaskTags(tx, m.job, m.model.TaskDefinition)
}

// serviceGroup returns the group of a service's tasks.
func serviceGroup(job *structs.Job) string {
	if group := structs.ServiceGroup(job.Name); job.Group != group {
		return group
	}
	return job.Group // one copy of the string for all its tasks
}

// serviceTaskTags returns the tags of a service's new tasks, from the source that the service
// names, as they are now.
func serviceTaskTags(tx *state.Tx, job *structs.Job, definition string) []structs.Tag {
	if job.Service == nil {
		return nil
	}
	var tags []structs.Tag
	switch job.Service.PropagateTags {
	case "SERVICE":
		tags = slices.Clone(tx.Tags(structs.ServiceKey(job.Cluster, job.Name)))
	case "TASK_DEFINITION":
		tags = slices.Clone(tx.Tags(structs.TaskDefinitionKey(definition)))
	}
	if job.Service.ManagedTags {
		tags = append(tags, structs.Tag{Key: tagClusterName, Value: job.Cluster}, structs.Tag{Key: tagServiceName, Value: job.Name})
	}
	return tags
}

// dropped are the placements of a plan that were not made.
type dropped struct {
	refused  []structs.PlacementFailure // no longer possible
	unneeded bool                       // some were for queued tasks that have been stopped since
}

// placeTasks creates the tasks of a plan. The job is nil if it no longer exists.
func placeTasks(tx *state.Tx, job *structs.Job, plan *structs.Plan) (out dropped) {
	maker := newTaskMaker(tx, job, plan)
	for _, p := range plan.Placements {
		switch reason, needed := maker.place(tx, p); {
		case !needed:
			out.unneeded = true
		case reason != "":
			out.refused = append(out.refused, structs.PlacementFailure{Instance: p.Instance, Reason: reason})
		}
	}
	return out
}

// place creates the task of a placement, or returns the reason (as in failures[]) why that is no
// longer possible. A queued task that was stopped since the plan is no longer needed.
func (m *taskMaker) place(tx *state.Tx, p structs.Placement) (refused string, needed bool) {
	instance, old := tx.Instance(p.Instance), tx.Task(p.Task)
	switch {
	case m.job != nil && old != nil && old.Job == m.job.ID && old.Instance == "" && !old.Queued():
		return "", false
	case m.job == nil || instance == nil || instance.Cluster != m.job.Cluster || old != nil && (old.Job != m.job.ID || old.Instance != ""):
		return structs.FailMissing, true
	case instance.Status != structs.InstanceActive:
		return structs.FailInactive, true
	}
	gpus, ok := m.takeGPUs(tx, instance)
	if !ok {
		return structs.FailGPU, true
	}
	address, refused := m.takeAddress(tx, instance, p.Task)
	if refused != "" {
		return refused, true
	}
	p.Instance = instance.ID // one copy of the string for all its tasks
	if old == nil {
		m.put(tx, p, gpus, address)
		return "", true
	}
	t := *old
	t.Instance, t.CapacityProvider, t.GPUs, t.Address = p.Instance, p.Provider, gpus, address
	t.Version++
	tx.PutTask(&t)
	return "", true
}

// takeGPUs chooses the GPUs of a task: the first free ones, in the order of the instance. They are
// chosen here and not in the plan, so two plans never give away the same GPU. There may be fewer
// than planned if the agent came back with other GPUs.
func (m *taskMaker) takeGPUs(tx *state.Tx, instance *structs.ContainerInstance) (gpus []string, ok bool) {
	if m.gpus == 0 {
		return nil, true
	}
	free := (&structs.Host{Instance: instance, Usage: tx.Usage(instance.ID)}).FreeGPUs()
	if m.gpus > len(free) {
		return nil, false
	}
	return free[:m.gpus:m.gpus], true
}

// takeAddress chooses the address of an awsvpc task. As with GPUs, two plans never give away the
// same one. The instance may have lost its block since the plan was made.
func (m *taskMaker) takeAddress(tx *state.Tx, instance *structs.ContainerInstance, task string) (address, refused string) {
	if !m.addressed {
		return "", ""
	}
	if !instance.Network.Runs() {
		return "", structs.FailAttribute
	}
	free, ok := structs.TaskAddress(instance.Network.Block, task, tx.Usage(instance.ID).Addresses)
	if !ok {
		return "", structs.FailENI
	}
	return free.String(), ""
}

// put creates a task.
func (m *taskMaker) put(tx *state.Tx, p structs.Placement, gpus []string, address string) {
	t := m.model
	t.ID, t.Instance, t.Slot, t.Attempt = p.Task, p.Instance, p.Slot, p.Attempt
	t.CapacityProvider, t.GPUs, t.Address = p.Provider, gpus, address
	tx.PutTask(&t)
	if len(m.tags) > 0 {
		tx.PutTags(structs.TaskKey(t.Cluster, t.ID), m.tags)
	}
}
