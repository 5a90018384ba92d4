package structs

import (
	"cmp"
	"slices"
)

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

// maxFargateStopTimeout is ECS's limit in seconds; other launch types have none.
const maxFargateStopTimeout = 120

// validateFargate returns why a definition cannot be FARGATE compatible; nil if it can.
func (d *TaskDefinition) validateFargate() *Error {
	switch {
	case d.NetworkMode != NetworkAwsvpc:
		return Errorf(KindClient, "Fargate only supports network mode ‘awsvpc’.")
	case d.Cpu == "":
		return Errorf(KindClient, "Fargate requires that 'cpu' be defined at the task level.")
	case d.Memory == "":
		return Errorf(KindClient, "Fargate requires that 'memory' be defined at the task level.")
	case d.PidMode == "host":
		return Errorf(KindClient, "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'.")
	}
	if cpu, memory := d.Limits(nil); !fargateHas(cpu, memory) {
		return Errorf(KindClient, "No Fargate configuration exists for given values: %d CPU, %d memory. See the Amazon ECS documentation for the valid values.", cpu, memory)
	}
	for i := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[i]
		if deref(c.Privileged) {
			return c.invalid("Tasks using the Fargate launch type do not support 'privileged'.")
		}
		if c.GPUs() > 0 {
			return c.invalid("Tasks using the Fargate launch type do not support 'resourceRequirements' of type GPU.")
		}
		if t := deref(c.StopTimeout); t > maxFargateStopTimeout {
			return c.invalid("'stopTimeout' is %d; tasks using the Fargate launch type have at most %d seconds.", t, maxFargateStopTimeout)
		}
	}
	return nil
}

// fargateHas is ECS's table of sizes: cpu in units, memory in MiB.
func fargateHas(cpu, memory int64) bool {
	const gb = 1024
	steps := func(from, to, by int64) bool { return memory >= from*gb && memory <= to*gb && memory%(by*gb) == 0 }
	switch cpu {
	case 256:
		return slices.Contains([]int64{512, 1 * gb, 2 * gb}, memory)
	case 512:
		return steps(1, 4, 1)
	case 1024:
		return steps(2, 8, 1)
	case 2048:
		return steps(4, 16, 1)
	case 4096:
		return steps(8, 30, 1)
	case 8192:
		return steps(16, 60, 4)
	case 16384:
		return steps(32, 120, 8)
	case 32768:
		return slices.Contains([]int64{60 * gb, 122 * gb, 244 * gb}, memory)
	}
	return false
}
