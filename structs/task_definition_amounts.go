package structs

import "cmp"

// minMemory is the least memory, in MiB, that a container can have: Docker refuses less.
const minMemory = 6

// validateMemory checks ECS's rules for a container's hard and soft memory limit.
func (c *ContainerDefinition) validateMemory(taskHasMemory bool) *Error {
	if c.Memory == nil && c.MemoryReservation == nil {
		if taskHasMemory {
			return nil
		}
		return c.invalid("At least one of 'memory' or 'memoryReservation' must be specified.")
	}
	if c.Memory != nil && *c.Memory < minMemory {
		return c.invalid("'memory' is %d MiB; the least is %d.", *c.Memory, minMemory)
	}
	if c.MemoryReservation != nil && *c.MemoryReservation < minMemory {
		return c.invalid("'memoryReservation' is %d MiB; the least is %d.", *c.MemoryReservation, minMemory)
	}
	if c.Memory != nil && deref(c.MemoryReservation) > *c.Memory {
		return c.invalid("'memory' (%d MiB) must not be less than 'memoryReservation' (%d MiB).", *c.Memory, *c.MemoryReservation)
	}
	return nil
}

// validateAmounts checks task-level cpu and memory, and that the containers fit into them.
func (d *TaskDefinition) validateAmounts() *Error {
	cpu, ok := ParseCPU(d.Cpu)
	if !ok {
		return Errorf(KindClient, "Invalid 'cpu' setting for task: '%s'. Give CPU units, such as 1024, or vCPUs, such as '1 vCPU'.", d.Cpu)
	}
	memory, ok := ParseMemory(d.Memory)
	if !ok {
		return Errorf(KindClient, "Invalid 'memory' setting for task: '%s'. Give MiB, such as 512, or gigabytes, such as '0.5 GB'.", d.Memory)
	}
	var sumCPU, sumMemory int64
	for i := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[i]
		sumCPU += int64(c.Cpu)
		sumMemory += int64(deref(cmp.Or(c.MemoryReservation, c.Memory)))
		if m := int64(deref(c.Memory)); memory > 0 && m > memory {
			return c.invalid("Its 'memory' (%d MiB) is greater than the 'memory' of the task (%d MiB).", m, memory)
		}
	}
	if cpu > 0 && sumCPU > cpu {
		return Errorf(KindClient, "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.")
	}
	if memory > 0 && sumMemory > memory {
		return Errorf(KindClient, "The memory that the containers reserve (%d MiB) cannot be greater than the 'memory' of the task (%d MiB).", sumMemory, memory)
	}
	return nil
}
