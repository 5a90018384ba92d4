package place

import (
	"fmt"

	"github.com/gantry-project/gantry/structs"
)

// missingGPUs counts the missing GPUs. Containers do not share GPUs.
func missingGPUs(a *ask, h *host) int64 {
	if a.need.GPUs == 0 {
		return 0
	}
	return int64(max(0, a.need.GPUs-freeGPUs(h.Instance, h.Usage)))
}

func detailGPUs(a *ask, h *host) string {
	if len(h.Instance.GPUs) == 0 {
		return fmt.Sprintf("the instance has no GPU, the task needs %d", a.need.GPUs)
	}
	return fmt.Sprintf("%d of %s are free, the task needs %d", freeGPUs(h.Instance, h.Usage), structs.Counted(len(h.Instance.GPUs), "GPU"), a.need.GPUs)
}

func changeGPUs(a *ask, h *host) string {
	return structs.Counted(int(missingGPUs(a, h)), "more GPU")
}

func freeGPUs(i *structs.ContainerInstance, u *structs.Usage) int {
	return len((&structs.Host{Instance: i, Usage: u}).FreeGPUs())
}
