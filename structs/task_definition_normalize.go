package structs

import (
	"cmp"
	"slices"
	"strconv"
)

// The network modes of a task definition. An empty one means bridge.
const (
	NetworkBridge = "bridge"
	NetworkHost   = "host"
	NetworkAwsvpc = "awsvpc"
	NetworkNone   = "none"
)

// ECS's defaults of a container health check, in seconds and tries.
const (
	healthInterval = 30
	healthTimeout  = 5
	healthRetries  = 3
)

// Normalize fills in the defaults that ECS's answers show. It never reorders anything: clients such
// as Terraform compare the answer with what they sent. Amounts in vCPU or GB become units and MiB.
func (d *TaskDefinition) Normalize() {
	d.Cpu = normalAmount(d.Cpu, ParseCPU)
	d.Memory = normalAmount(d.Memory, ParseMemory)
	d.Volumes = orEmpty(d.Volumes)
	for i := range d.Volumes {
		d.Volumes[i].normalize()
	}
	d.PlacementConstraints = orEmpty(d.PlacementConstraints)
	d.RequiresAttributes = d.requiredAttributes()
	for i := range d.ContainerDefinitions {
		d.ContainerDefinitions[i].normalize(d.NetworkMode)
	}
	d.Compatibilities = d.CompatibleWith(FargateSizes{})
}

func (c *ContainerDefinition) normalize(networkMode string) {
	c.Essential = cmp.Or(c.Essential, new(true))
	c.Environment = orEmpty(c.Environment)
	c.MountPoints = orEmpty(c.MountPoints)
	c.VolumesFrom = orEmpty(c.VolumesFrom)
	c.SystemControls = orEmpty(c.SystemControls)
	c.PortMappings = orEmpty(c.PortMappings)
	for i := range c.PortMappings {
		c.PortMappings[i].normalize(networkMode)
	}
	if h := c.HealthCheck; h != nil {
		h.Interval = cmp.Or(h.Interval, new(int32(healthInterval)))
		h.Timeout = cmp.Or(h.Timeout, new(int32(healthTimeout)))
		h.Retries = cmp.Or(h.Retries, new(int32(healthRetries)))
	}
}

func (m *PortMapping) normalize(networkMode string) {
	m.Protocol = cmp.Or(m.Protocol, "tcp")
	if m.ContainerPort == nil {
		return // a range of ports
	}
	switch networkMode {
	case NetworkHost, NetworkAwsvpc:
		m.HostPort = new(*m.ContainerPort)
	default:
		m.HostPort = cmp.Or(m.HostPort, new(int32(0)))
	}
}

// normalize turns a volume with only a name into an empty host volume.
func (v *Volume) normalize() {
	if efs := v.EfsVolumeConfiguration; efs != nil {
		efs.RootDirectory = cmp.Or(efs.RootDirectory, "/")
	}
	if v.DockerVolumeConfiguration == nil && v.EfsVolumeConfiguration == nil && v.S3filesVolumeConfiguration == nil &&
		v.FsxWindowsFileServerVolumeConfiguration == nil && !deref(v.ConfiguredAtLaunch) {
		v.Host = cmp.Or(v.Host, &HostVolumeProperties{})
	}
}

// CompatibleWith returns the launch types that the definition is valid for, in ECS's order. Named
// ports are for Service Connect, which EXTERNAL instances do not have.
func (d *TaskDefinition) CompatibleWith(sizes FargateSizes) []string {
	switch {
	case d.NetworkMode != NetworkAwsvpc && d.namesPorts():
		return []string{LaunchEC2}
	case d.NetworkMode != NetworkAwsvpc:
		return []string{LaunchExternal, LaunchEC2}
	case d.validateFargate(sizes) == nil:
		return []string{LaunchEC2, LaunchFargate, LaunchManaged}
	default:
		return []string{LaunchEC2, LaunchManaged}
	}
}

func (d *TaskDefinition) namesPorts() bool {
	return slices.ContainsFunc(d.ContainerDefinitions, func(c ContainerDefinition) bool {
		return slices.ContainsFunc(c.PortMappings, func(m PortMapping) bool { return m.Name != "" })
	})
}

func normalAmount(text string, parse func(string) (int64, bool)) string {
	n, ok := parse(text)
	if !ok || n == 0 {
		return text
	}
	return strconv.FormatInt(n, 10)
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
