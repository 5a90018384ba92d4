package place

import "fmt"

// missingMemory is in MiB. A task that needs none fits even on an overcommitted instance (one that
// came back smaller).
func missingMemory(a *ask, h *host) int64 {
	if a.need.Memory == 0 {
		return 0
	}
	return max(0, a.need.Memory-freeMemory(h.Instance, h.Usage))
}

func detailMemory(a *ask, h *host) string {
	return fmt.Sprintf("%d MiB of memory are free, the task needs %d", max(0, freeMemory(h.Instance, h.Usage)), a.need.Memory)
}

func changeMemory(a *ask, h *host) string {
	return fmt.Sprintf("%d MiB more memory", missingMemory(a, h))
}
