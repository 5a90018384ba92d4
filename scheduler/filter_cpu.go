package scheduler

import "github.com/gantry-project/gantry/structs"

// missingCPU is in cpu units. A task that needs none fits even where an instance holds more than it has (it came back smaller).
func missingCPU(i *structs.ContainerInstance, u *structs.Usage, need *structs.Resources) int64 {
	if need.CPU == 0 {
		return 0
	}
	return max(0, need.CPU-freeCPU(i, u))
}
