package docker

import (
	"fmt"
	"strings"

	"github.com/docker/docker/api/types/container"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

const (
	mebibyte = 1 << 20
	// minCPUShares is the CPU shares that ECS on Linux gives a container that asks for no CPU or
	// one unit: the kernel's minimum.
	minCPUShares = 2
	// cpuPeriod is the time, in microseconds, that a quota is for (the kernel's default). The
	// kernel takes no quota below minCPUQuota.
	cpuPeriod, minCPUQuota = 100_000, 1_000
)

// resources returns the limits of a container.
func resources(spec runtime.ContainerSpec) container.Resources {
	def := &spec.Definition
	r := container.Resources{
		CPUShares:         max(int64(def.Cpu), minCPUShares),
		Memory:            spec.MemoryLimit * mebibyte,
		MemoryReservation: int64(valueOr(def.MemoryReservation, 0)) * mebibyte,
	}
	r.CgroupParent = spec.Shared.CgroupParent
	if spec.Shared.CPULimit > 0 {
		r.CPUPeriod, r.CPUQuota = cpuPeriod, max(minCPUQuota, spec.Shared.CPULimit*cpuPeriod/1024)
	}
	if spec.Shared.PIDsLimit > 0 {
		r.PidsLimit = &spec.Shared.PIDsLimit
	}
	if len(spec.GPUs) > 0 {
		r.DeviceRequests = []container.DeviceRequest{{DeviceIDs: spec.GPUs, Capabilities: [][]string{{"gpu"}}}}
	}
	for _, u := range def.Ulimits {
		limit := container.Ulimit{Name: u.Name, Soft: int64(u.SoftLimit), Hard: int64(u.HardLimit)}
		r.Ulimits = append(r.Ulimits, &limit)
	}
	return r
}

// applyLinuxParameters adds the definition's linuxParameters. Resources must already be set,
// because swap is counted on top of the memory limit.
func applyLinuxParameters(host *container.HostConfig, p *structs.LinuxParameters) {
	if p.Capabilities != nil {
		host.CapAdd, host.CapDrop = p.Capabilities.Add, p.Capabilities.Drop
	}
	host.Init = p.InitProcessEnabled
	host.ShmSize = int64(valueOr(p.SharedMemorySize, 0)) * mebibyte
	for _, d := range p.Devices {
		host.Devices = append(host.Devices, device(d))
	}
	for _, t := range p.Tmpfs {
		if host.Tmpfs == nil {
			host.Tmpfs = make(map[string]string)
		}
		host.Tmpfs[t.ContainerPath] = tmpfsOptions(t)
	}
	// ECS ignores swappiness without maxSwap, and both without a memory limit.
	if p.MaxSwap != nil && host.Memory > 0 {
		host.MemorySwap = host.Memory + int64(*p.MaxSwap)*mebibyte
		if p.Swappiness != nil {
			host.MemorySwappiness = new(int64(*p.Swappiness))
		}
	}
}

// device maps a device of the host. Without permissions the container may do everything with it.
func device(d structs.Device) container.DeviceMapping {
	mapping := container.DeviceMapping{
		PathOnHost: d.HostPath, PathInContainer: d.ContainerPath, CgroupPermissions: "rwm",
	}
	if mapping.PathInContainer == "" {
		mapping.PathInContainer = d.HostPath
	}
	if len(d.Permissions) == 0 {
		return mapping
	}
	mapping.CgroupPermissions = ""
	for _, permission := range d.Permissions { // read, write, mknod
		mapping.CgroupPermissions += permission[:min(1, len(permission))]
	}
	return mapping
}

func tmpfsOptions(t structs.Tmpfs) string {
	options := append([]string{fmt.Sprintf("size=%dm", t.Size)}, t.MountOptions...)
	return strings.Join(options, ",")
}

// securityOptions writes ECS's options, which have a colon after the name, in the form that engines
// want now.
func securityOptions(list []string) (options []string) {
	for _, option := range list {
		if name, value := structs.SecurityOption(option); value != "" {
			option = name + "=" + value
		}
		options = append(options, option)
	}
	return options
}
