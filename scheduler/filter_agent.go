package scheduler

import "github.com/gantry-project/gantry/structs"

// missingAgent: an instance whose agent no server hears cannot start a task.
func missingAgent(i *structs.ContainerInstance, _ *structs.Usage, _ *structs.Resources) int64 {
	if i.AgentConnected {
		return 0
	}
	return 1
}
