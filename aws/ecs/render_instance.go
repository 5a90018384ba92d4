package ecs

import (
	"slices"
	"strconv"

	"github.com/gantry-project/gantry/structs"
)

// instance shows a container instance.
func (c *call) instance(v view, i *structs.ContainerInstance, include includes) ContainerInstance {
	usage := v.Usage(i.ID)
	out := ContainerInstance{
		ContainerInstanceArn: c.arns.instance(i.Cluster, i.ID),
		Ec2InstanceId:        i.EC2ID(),
		CapacityProviderName: i.CapacityProvider,
		Status:               i.Status,
		AgentConnected:       i.AgentConnected,
		RunningTasksCount:    int32(usage.Running),
		PendingTasksCount:    int32(usage.Pending),
		RegisteredResources:  resources(i.Registered.CPU, i.Registered.Memory, i.Registered.Ports),
		RemainingResources: resources(i.Registered.CPU-usage.CPU, i.Registered.Memory-usage.Memory,
			slices.Concat(i.Registered.Ports, usage.Ports)),
		Attributes:   orEmpty(attributesOf(i)),
		Attachments:  []Attachment{},
		RegisteredAt: i.RegisteredAt,
		Version:      i.Version,
		VersionInfo:  &i.VersionInfo,
		Tags:         include.tags(v, structs.InstanceKey(i.Cluster, i.ID)),
	}
	if len(i.GPUs) > 0 {
		out.RegisteredResources = append(out.RegisteredResources, gpuResource(i.GPUs))
		free := (&structs.Host{Instance: i, Usage: usage}).FreeGPUs()
		out.RemainingResources = append(out.RemainingResources, gpuResource(orEmpty(free)))
	}
	if include.has(includeHealth) {
		out.HealthStatus = instanceHealth(i)
	}
	return out
}

// attributesOf returns the attributes of an instance, the agent's before the users'. If both have
// the same name, the agent's counts.
func attributesOf(i *structs.ContainerInstance) []structs.Attribute {
	all := slices.Clone(i.Attributes)
	for _, a := range i.Custom {
		if !slices.ContainsFunc(i.Attributes, func(own structs.Attribute) bool { return own.Name == a.Name }) {
			all = append(all, a)
		}
	}
	return all
}

// resources shows amounts. Ports are those that cannot be had: ECS lists the reserved ones as
// registered, and those plus the ones in use as remaining.
func resources(cpu, memory int64, ports []structs.Port) []Resource {
	return []Resource{
		{Name: "CPU", Type: "INTEGER", IntegerValue: int32(cpu)},
		{Name: "MEMORY", Type: "INTEGER", IntegerValue: int32(memory)},
		{Name: "PORTS", Type: "STRINGSET", StringSetValue: portNumbers(ports, "tcp")},
		{Name: "PORTS_UDP", Type: "STRINGSET", StringSetValue: portNumbers(ports, "udp")},
	}
}

// gpuResource shows GPUs by their ids. Unlike ports, the remaining ones are those that can be had.
func gpuResource(ids []string) Resource {
	return Resource{Name: "GPU", Type: "STRINGSET", StringSetValue: ids}
}

func portNumbers(ports []structs.Port, protocol string) []string {
	numbers := []string{}
	for _, p := range ports {
		if p.Protocol == protocol {
			numbers = append(numbers, strconv.Itoa(int(p.Number)))
		}
	}
	return numbers
}
