package task

import (
	"fmt"
	"maps"
	"strings"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// containerSpecs returns the containers of an assignment, in the order of the definition and with
// the job's overrides applied. A container without a memory limit gets its task's.
func containerSpecs(instance string, as structs.Assignment) []runtime.ContainerSpec {
	task, def := as.Task, as.Definition
	_, taskMemory := def.Limits(as.Overrides)
	specs := make([]runtime.ContainerSpec, 0, len(def.ContainerDefinitions))
	gpus := def.SplitGPUs(as.Overrides, task.GPUs)
	for n, c := range def.ContainerDefinitions {
		c = c.WithOverride(as.Overrides)
		c.LogConfiguration = withLogMode(c.LogConfiguration, as.LogMode)
		limit := taskMemory
		if c.Memory != nil {
			limit = int64(*c.Memory)
		}
		specs = append(specs, runtime.ContainerSpec{
			Name: containerName(def, c.Name, task.ID),
			Labels: map[string]string{
				runtime.LabelInstance:   instance,
				runtime.LabelCluster:    task.Cluster,
				runtime.LabelTask:       task.ID,
				runtime.LabelContainer:  c.Name,
				runtime.LabelDefinition: def.Key(),
			},
			Definition:  c,
			Group:       task.Group,
			Digest:      pinned(c, as),
			NetworkMode: def.NetworkMode,
			PidMode:     def.PidMode,
			IpcMode:     def.IpcMode,
			Links:       links(def, c, task.ID),
			Router:      router(def, c, task.ID),
			MemoryLimit: limit,
			VolumesFrom: volumesFrom(def, c, task.ID),
			StorageGiB:  def.StorageGiB(as.Overrides),
			GPUs:        gpus[n],
		})
	}
	return specs
}

// router returns the router whose address a container finds in its environment. In other network
// modes than bridge it is known beforehand, or the router is not reached.
func router(def *structs.TaskDefinition, c structs.ContainerDefinition, task string) string {
	r := def.Router()
	if r == nil || !c.IsRouted() || def.NetworkMode != "" && def.NetworkMode != structs.NetworkBridge {
		return ""
	}
	return containerName(def, r.Name, task)
}

// volumesFrom returns the containers of the task whose mounts a container gets.
func volumesFrom(def *structs.TaskDefinition, c structs.ContainerDefinition, task string) (list []runtime.VolumesFrom) {
	for _, from := range c.VolumesFrom {
		list = append(list, runtime.VolumesFrom{
			Container: containerName(def, from.SourceContainer, task), ReadOnly: from.ReadOnly != nil && *from.ReadOnly,
		})
	}
	return list
}

// pinned returns the digest that a container must run, if the servers have decided on it.
func pinned(c structs.ContainerDefinition, as structs.Assignment) string {
	if c.VersionConsistency == structs.VersionConsistencyDisabled {
		return ""
	}
	return structs.PinnedDigest(as.Images, c.Name)
}

// The options of log drivers for which ECS has a default: how output goes to the driver, and how
// much of it may wait if it does not block.
const (
	logOptionMode   = "mode"
	logOptionBuffer = "max-buffer-size"
	logNonBlocking  = "non-blocking"
	logBuffer       = "10m"
)

// withLogMode fills in ECS's defaults for a given log driver: the account's mode, and a larger
// buffer than Docker's.
func withLogMode(log *structs.LogConfiguration, mode string) *structs.LogConfiguration {
	if log == nil {
		return nil
	}
	options := map[string]string{logOptionMode: mode}
	maps.Copy(options, log.Options)
	if options[logOptionMode] == logNonBlocking && options[logOptionBuffer] == "" {
		options[logOptionBuffer] = logBuffer
	}
	filled := *log
	filled.Options = options
	return &filled
}

// containerName returns the engine's name for a container. It depends only on the task, so that
// after a crash another create finds what the first one created.
func containerName(def *structs.TaskDefinition, container, task string) string {
	name := fmt.Sprintf("gantry-%s-%d-%s-%s", def.Family, def.Revision, container, task[:min(12, len(task))])
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("_.-", r):
			return r
		}
		return '-'
	}, name)
}
