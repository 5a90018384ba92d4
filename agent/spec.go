package agent

import (
	"fmt"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// containerSpecs turns an assignment to the containers to create, in the order of the definition, with the job's overrides
// applied. A container without a memory limit of its own is held to its task's.
func containerSpecs(instance string, as structs.Assignment) []structs.ContainerSpec {
	task, def := as.Task, as.Definition
	_, taskMemory := def.Limits(as.Overrides)
	specs := make([]structs.ContainerSpec, 0, len(def.ContainerDefinitions))
	gpus := def.SplitGPUs(as.Overrides, task.GPUs)
	for n, c := range def.ContainerDefinitions {
		c = c.WithOverride(as.Overrides)
		limit := taskMemory
		if c.Memory != nil {
			limit = int64(*c.Memory)
		}
		specs = append(specs, structs.ContainerSpec{
			Name: containerName(def, c.Name, task.ID),
			Labels: map[string]string{
				structs.LabelInstance:   instance,
				structs.LabelCluster:    task.Cluster,
				structs.LabelTask:       task.ID,
				structs.LabelContainer:  c.Name,
				structs.LabelDefinition: def.Key(),
			},
			Definition:  c,
			NetworkMode: def.NetworkMode,
			PidMode:     def.PidMode,
			IpcMode:     def.IpcMode,
			MemoryLimit: limit,
			GPUs:        gpus[n],
		})
	}
	return specs
}

// containerName is the runtime's name of a container. It follows from the task alone, so a create that is made again after a
// crash finds what the first one made.
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
