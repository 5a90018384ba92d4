package ecs

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/gantry-project/gantry/structs"
)

const (
	attributeArchitecture = "ecs.cpu-architecture"
)

// task shows a task, joined with its definition, its job and its instance.
func (c *call) task(v view, t *structs.Task, include includes) Task {
	definition, job := v.TaskDefinition(t.TaskDefinition), v.Job(t.Job)
	var overrides *structs.TaskOverride
	if job != nil {
		overrides = job.Overrides
	}
	out := Task{
		TaskArn:            c.arns.task(t.Cluster, t.ID),
		ClusterArn:         c.arns.cluster(t.Cluster),
		TaskDefinitionArn:  c.arns.definition(t.TaskDefinition),
		Group:              t.Group,
		StartedBy:          t.StartedBy,
		LastStatus:         t.LastStatus.String(),
		DesiredStatus:      t.DesiredStatus.String(),
		HealthStatus:       structs.HealthUnknown,
		Cpu:                strconv.FormatInt(t.CPU, 10),
		Memory:             strconv.FormatInt(t.Memory, 10),
		Version:            t.Version,
		CreatedAt:          t.CreatedAt,
		PullStartedAt:      t.PullStartedAt,
		PullStoppedAt:      t.PullStoppedAt,
		StartedAt:          t.StartedAt,
		StoppingAt:         t.StoppingAt,
		ExecutionStoppedAt: t.ExecutionStoppedAt,
		StoppedAt:          t.StoppedAt,
		StopCode:           t.StopCode,
		StoppedReason:      c.arns.withTrafficARNs(t.StoppedReason),
		Attachments:        []Attachment{},

		EnableExecuteCommand: t.EnableExecuteCommand,
		Attributes:           []structs.Attribute{},
		Containers:           []Container{},
		Tags:                 include.tags(v, structs.TaskKey(t.Cluster, t.ID)),
	}
	made := v.JobOf(t)
	showTaskLaunch(&out, made, t)
	if t.Instance != "" {
		out.ContainerInstanceArn = c.arns.instance(t.Cluster, t.Instance)
		c.addInstance(v, &out, t)
	}
	if definition != nil {
		out.Attachments = attachments(t, definition, made)
		out.Containers = c.containers(t, definition, overrides)
		out.HealthStatus = t.Health(definition)
		out.Overrides = taskOverrides(definition, overrides)
		addStorage(&out, definition.StorageGiB(overrides))
	}
	return out
}

// fargateStorage is the size in GiB of the storage of a Fargate task that asks for none (ECS).
const fargateStorage = 20

// addStorage shows the task's own storage in GiB; zero: it asked for none.
func addStorage(out *Task, size int32) {
	if out.LaunchType == structs.LaunchFargate {
		size = cmp.Or(size, fargateStorage)
		out.FargateEphemeralStorage = &TaskEphemeralStorage{SizeInGiB: size}
	}
	if size != 0 {
		out.EphemeralStorage = &structs.EphemeralStorage{SizeInGiB: size}
	}
}

// addInstance shows what a task uses of its instance. Once its agent has reported it, the task
// counts as connected as long as the agent is, and for good when it has stopped.
func (c *call) addInstance(v view, out *Task, t *structs.Task) {
	instance := v.Instance(t.Instance)
	if instance == nil {
		return
	}
	out.AvailabilityZone = instance.Zone
	if value, ok := instance.Attribute(attributeArchitecture); ok {
		out.Attributes = []structs.Attribute{{Name: attributeArchitecture, Value: value}}
	}
	if t.LastStatus > structs.TaskProvisioning {
		out.Connectivity, out.ConnectivityAt = "CONNECTED", t.PullStartedAt
		if t.Holds() && !instance.AgentConnected {
			out.Connectivity = "DISCONNECTED"
		}
	}
}

// containers shows the containers of a task in the definition's order, with the agent's report on
// each.
func (c *call) containers(t *structs.Task, definition *structs.TaskDefinition, overrides *structs.TaskOverride) []Container {
	out := make([]Container, len(definition.ContainerDefinitions))
	gpus := definition.SplitGPUs(overrides, t.GPUs)
	for i, def := range definition.ContainerDefinitions {
		def = def.WithOverride(overrides)
		seen := containerOf(t, def.Name)
		out[i] = Container{
			ContainerArn:      c.arns.Of(structs.ContainerKey(t.Cluster, t.ID, def.Name)),
			TaskArn:           c.arns.task(t.Cluster, t.ID),
			Name:              def.Name,
			Image:             def.Image,
			ImageDigest:       seen.ImageDigest,
			RuntimeId:         seen.RuntimeID,
			LastStatus:        seen.LastStatus.String(),
			ExitCode:          seen.ExitCode,
			Reason:            seen.Reason,
			HealthStatus:      healthOf(seen),
			Cpu:               strconv.Itoa(int(def.Cpu)),
			Memory:            amount(def.Memory),
			MemoryReservation: amount(def.MemoryReservation),
			GpuIds:            gpus[i],
			NetworkBindings:   networkBindings(seen, definition),
			NetworkInterfaces: networkInterfaces(t),
			ManagedAgents:     managedAgents(t, seen),
		}
	}
	return out
}

// managedAgents shows what runs commands in a container. Here it is Gantry's agent, which can as
// soon as the container runs.
func managedAgents(t *structs.Task, seen structs.Container) []ManagedAgent {
	if !t.EnableExecuteCommand {
		return nil
	}
	agent := ManagedAgent{Name: structs.ManagedAgentExec, LastStatus: seen.LastStatus.String()}
	if seen.LastStatus == structs.TaskRunning {
		agent.LastStartedAt = cmp.Or(seen.StartedAt, t.StartedAt)
	}
	return []ManagedAgent{agent}
}

// containerOf returns the agent's report on a container. A container without one is still to come,
// or never came.
func containerOf(t *structs.Task, name string) structs.Container {
	i := slices.IndexFunc(t.Containers, func(c structs.Container) bool { return c.Name == name })
	if i >= 0 {
		return t.Containers[i]
	}
	status := structs.TaskPending
	if !t.Holds() {
		status = structs.TaskStopped
	}
	return structs.Container{Name: name, LastStatus: status}
}

func amount(n *int32) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(int(*n))
}

func healthOf(c structs.Container) string {
	return cmp.Or(c.HealthStatus, structs.HealthUnknown)
}

// taskOverrides shows the overrides as ECS does: one for each container, overridden or not.
func taskOverrides(definition *structs.TaskDefinition, given *structs.TaskOverride) *structs.TaskOverride {
	out := structs.TaskOverride{}
	if given != nil {
		out = *given
	}
	byContainer := out.ContainerOverrides
	out.ContainerOverrides = make([]structs.ContainerOverride, len(definition.ContainerDefinitions))
	for i, def := range definition.ContainerDefinitions {
		out.ContainerOverrides[i].Name = def.Name
		for _, o := range byContainer {
			if o.Name == def.Name {
				out.ContainerOverrides[i] = o
			}
		}
	}
	out.InferenceAcceleratorOverrides = orEmpty(out.InferenceAcceleratorOverrides)
	return &out
}
