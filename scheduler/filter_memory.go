package scheduler

import "github.com/gantry-project/gantry/structs"

// missingMemory is in MiB. A task that needs none fits even where an instance holds more than it has (it came back smaller).
func missingMemory(i *structs.ContainerInstance, u *structs.Usage, need *structs.Resources) int64 {
	if need.Memory == 0 {
		return 0
	}
	return max(0, need.Memory-freeMemory(i, u))
}
