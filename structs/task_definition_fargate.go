package structs

import (
	"fmt"
	"slices"
	"strings"
)

// FargateSizes says which sizes of tasks FARGATE has.
type FargateSizes struct {
	// Any allows every size, instead of those in ECS's table.
	Any bool
}

// Has reports whether there is a size of so many CPU units and MiB of memory.
func (s FargateSizes) Has(cpu, memory int64) bool { return s.Any || fargateHas(cpu, memory) }

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
		return slices.Contains([]int64{60 * gb, 120 * gb, 244 * gb}, memory)
	}
	return false
}

func noFargateSize(cpu, memory int64) string {
	return fmt.Sprintf("No Fargate configuration exists for given values: %d CPU, %d memory. See the Amazon ECS documentation for the valid values.", cpu, memory)
}

// maxFargateStopTimeout is ECS's limit in seconds; other launch types have none.
const maxFargateStopTimeout = 120

// fargateLogDrivers are the log drivers of FARGATE tasks (ECS; json-file since November 2026).
var fargateLogDrivers = []string{logDriverAwslogs, "splunk", logDriverAwsfirelens, "json-file"}

// validateFargate returns why a definition cannot be FARGATE compatible, in ECS's words; nil if it
// can.
func (d *TaskDefinition) validateFargate(sizes FargateSizes) *Error {
	switch {
	case d.NetworkMode != NetworkAwsvpc:
		return Errorf(KindClient, "Fargate only supports network mode ‘awsvpc’.")
	case d.Cpu == "":
		return Errorf(KindClient, "Fargate requires that 'cpu' be defined at the task level.")
	case d.Memory == "":
		return Errorf(KindClient, "Fargate requires that 'memory' be defined at the task level.")
	case d.PidMode == "host":
		return Errorf(KindClient, "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'.")
	case d.IpcMode != "":
		return Errorf(KindClient, "Tasks using the Fargate launch type do not support ipcMode.")
	case len(d.PlacementConstraints) > 0:
		return notOnFargate("constraints")
	}
	if cpu, memory := d.Limits(nil); !sizes.Has(cpu, memory) {
		return Errorf(KindClient, "%s", noFargateSize(cpu, memory))
	}
	for _, v := range d.Volumes {
		switch {
		case v.Host != nil && v.Host.SourcePath != "":
			return notOnFargate("sourcePath")
		case v.DockerVolumeConfiguration != nil:
			return notOnFargate("dockerVolumeConfiguration")
		case v.FsxWindowsFileServerVolumeConfiguration != nil:
			return notOnFargate("fsxWindowsFileServerVolumeConfiguration")
		}
	}
	for i := range d.ContainerDefinitions {
		if err := d.ContainerDefinitions[i].validateFargate(d.ExecutionRoleArn != ""); err != nil {
			return err
		}
	}
	return nil
}

// notOnFargate is ECS's error for a parameter that FARGATE tasks do not have.
func notOnFargate(parameter string) *Error {
	return Errorf(KindClient, "Fargate compatible task definitions do not support %s", parameter)
}

func (c *ContainerDefinition) validateFargate(hasRole bool) *Error {
	switch {
	case deref(c.Privileged):
		return notOnFargate("privileged")
	case len(c.DnsServers) > 0:
		return notOnFargate("dnsServers")
	case len(c.DnsSearchDomains) > 0:
		return notOnFargate("dnsSearchDomains")
	case len(c.DockerSecurityOptions) > 0:
		return notOnFargate("dockerSecurityOptions")
	case c.GPUs() > 0:
		return notOnFargate("resourceRequirements of type GPU")
	}
	if t := deref(c.StopTimeout); t > maxFargateStopTimeout {
		return Errorf(KindClient, "Tasks using the Fargate launch type must have a container stop timeout of less than %d seconds.", maxFargateStopTimeout)
	}
	if l := c.LogConfiguration; l != nil && l.LogDriver != "" {
		switch {
		case !slices.Contains(fargateLogDrivers, l.LogDriver):
			return Errorf(KindClient, "%s is not a valid log driver. Must be one of [%s]", l.LogDriver, strings.Join(fargateLogDrivers, ","))
		case l.LogDriver == logDriverAwslogs && !hasRole:
			return Errorf(KindClient, "Fargate requires task definition to have execution role ARN to support log driver awslogs.")
		}
	}
	if c.fromECR() && !hasRole {
		return Errorf(KindClient, "Fargate requires task definition to have execution role ARN to support ECR images.")
	}
	return c.LinuxParameters.validateFargate()
}

// fromECR reports whether the image is in a private repository of Amazon ECR.
func (c *ContainerDefinition) fromECR() bool { return strings.Contains(c.Image, ".dkr.ecr.") }

func (p *LinuxParameters) validateFargate() *Error {
	if p == nil {
		return nil
	}
	switch {
	case len(p.Devices) > 0:
		return notOnFargate("devices")
	case deref(p.SharedMemorySize) != 0:
		return notOnFargate("sharedMemorySize")
	case len(p.Tmpfs) > 0:
		return notOnFargate("tmpfs")
	case p.MaxSwap != nil:
		return notOnFargate("maxSwap")
	case p.Swappiness != nil:
		return notOnFargate("swappiness")
	}
	if caps := p.Capabilities; caps != nil && slices.ContainsFunc(caps.Add, func(name string) bool { return name != "SYS_PTRACE" }) {
		return Errorf(KindClient, "Fargate compatible task definitions support only adding 'SYS_PTRACE' to the linux capabilities.")
	}
	return nil
}
