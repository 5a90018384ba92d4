package structs

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Need returns what one task of a definition holds on its instance, with a job's overrides applied
// (ECS, EC2 launch type): the task-level cpu and memory if given, otherwise the sum over its
// containers, where memoryReservation is preferred to memory. Ports are the fixed host ports:
// hostPort of each mapping, or containerPort in host network mode; none in awsvpc mode, whose tasks
// have an address of their own instead.
func Need(d *TaskDefinition, o *TaskOverride) Resources {
	var need Resources
	for _, c := range d.ContainerDefinitions {
		c = c.WithOverride(o)
		need.CPU += int64(c.Cpu)
		need.Memory += int64(cmp.Or(deref(c.MemoryReservation), deref(c.Memory)))
		need.GPUs += c.GPUs()
		for _, m := range c.PortMappings {
			if port := fixedHostPort(m, d.NetworkMode); port > 0 {
				need.Ports = append(need.Ports, Port{Number: uint16(port), Protocol: cmp.Or(m.Protocol, "tcp")})
			}
		}
	}
	if cpu, memory := d.Limits(o); cpu > 0 || memory > 0 {
		need.CPU = cmp.Or(cpu, need.CPU)
		need.Memory = cmp.Or(memory, need.Memory)
	}
	if d.NetworkMode == NetworkAwsvpc {
		need.Addresses = 1
	}
	slices.SortFunc(need.Ports, ComparePorts)
	return need
}

// Limits returns the task-level cpu (units) and memory (MiB), zero if the task has none. A job's
// override wins.
func (d *TaskDefinition) Limits(o *TaskOverride) (cpu, memory int64) {
	cpuText, memoryText := d.Cpu, d.Memory
	if o != nil {
		cpuText = cmp.Or(o.Cpu, cpuText)
		memoryText = cmp.Or(o.Memory, memoryText)
	}
	cpu, _ = ParseCPU(cpuText)
	memory, _ = ParseMemory(memoryText)
	return cpu, memory
}

// WithOverride returns the container definition with the job's override for the container applied.
// The environment is merged by name: variables of the override replace those of the same name, and
// the rest is added.
func (c ContainerDefinition) WithOverride(o *TaskOverride) ContainerDefinition {
	if o == nil {
		return c
	}
	for _, over := range o.ContainerOverrides {
		if over.Name != c.Name {
			continue
		}
		if over.Command != nil {
			c.Command = over.Command
		}
		if over.Cpu != nil {
			c.Cpu = *over.Cpu
		}
		c.Memory = cmp.Or(over.Memory, c.Memory)
		c.MemoryReservation = cmp.Or(over.MemoryReservation, c.MemoryReservation)
		if over.ResourceRequirements != nil {
			c.ResourceRequirements = over.ResourceRequirements
		}
		if over.EnvironmentFiles != nil {
			c.EnvironmentFiles = over.EnvironmentFiles
		}
		c.Environment = mergeEnvironment(c.Environment, over.Environment)
	}
	return c
}

func mergeEnvironment(base, over []KeyValuePair) []KeyValuePair {
	merged := slices.Clone(base)
	for _, kv := range over {
		i := slices.IndexFunc(merged, func(b KeyValuePair) bool { return b.Name == kv.Name })
		if i < 0 {
			merged = append(merged, kv)
		} else {
			merged[i] = kv
		}
	}
	return merged
}

// IsEssential reports whether the task ends when this container ends (ECS: yes by default).
func (c *ContainerDefinition) IsEssential() bool { return c.Essential == nil || *c.Essential }

func fixedHostPort(m PortMapping, networkMode string) int32 {
	switch networkMode {
	case NetworkHost:
		return deref(m.ContainerPort)
	case NetworkAwsvpc: // the port is one of the task's own address
		return 0
	}
	return deref(m.HostPort)
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// ParseCPU reads a task's cpu as ECS takes it: units ("1024") or vCPUs ("1 vCPU", ".5 vcpu"). Empty
// is zero.
func ParseCPU(s string) (units int64, ok bool) { return parseAmount(s, "vcpu", 1024) }

// ParseMemory reads a task's memory as ECS takes it: MiB ("512") or GB ("1 GB", "0.5GB"). Empty is
// zero.
func ParseMemory(s string) (mib int64, ok bool) { return parseAmount(s, "gb", 1024) }

func parseAmount(s, unit string, factor float64) (int64, bool) {
	if s == "" {
		return 0, true
	}
	text, isUnit := strings.CutSuffix(strings.ToLower(strings.TrimSpace(s)), unit)
	if !isUnit {
		n, err := strconv.ParseInt(text, 10, 32)
		return n, err == nil && n > 0
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	n := int64(f * factor)
	return n, err == nil && n > 0 && n <= 1<<31
}
