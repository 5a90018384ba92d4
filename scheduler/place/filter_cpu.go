package place

import "fmt"

// missingCPU is in CPU units. A task that needs none fits even on an overcommitted instance (one
// that came back smaller).
func missingCPU(a *ask, h *host) int64 {
	if a.need.CPU == 0 {
		return 0
	}
	return max(0, a.need.CPU-freeCPU(h.Instance, h.Usage))
}

func detailCPU(a *ask, h *host) string {
	return fmt.Sprintf("%d CPU units are free, the task needs %d", max(0, freeCPU(h.Instance, h.Usage)), a.need.CPU)
}

func changeCPU(a *ask, h *host) string {
	return fmt.Sprintf("%d more CPU units", missingCPU(a, h))
}
