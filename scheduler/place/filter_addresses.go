package place

import (
	"cmp"
	"fmt"

	"github.com/gantry-project/gantry/structs"
)

// missingTaskNetwork restricts awsvpc tasks to instances that can give them an address.
func missingTaskNetwork(a *ask, h *host) int64 {
	if a.need.Addresses == 0 || h.Instance.Network.Runs() {
		return 0
	}
	return 1
}

func detailTaskNetwork(_ *ask, h *host) string {
	return "the instance has no attribute " + structs.AttributeTaskENI + ", which tasks of network mode awsvpc need: " + networkProblem(h)
}

func changeTaskNetwork(_ *ask, h *host) string {
	return "a task network that works (now: " + networkProblem(h) + ")"
}

func networkProblem(h *host) string {
	return cmp.Or(h.Instance.Network.Problem, "its agent does not offer one")
}

// missingAddresses counts the missing addresses of the instance's block.
func missingAddresses(a *ask, h *host) int64 {
	if a.need.Addresses == 0 || !h.Instance.Network.Runs() {
		return 0
	}
	return int64(max(0, a.need.Addresses-freeAddresses(h.Instance, h.Usage)))
}

func detailAddresses(a *ask, h *host) string {
	block := h.Instance.Network.Block
	return fmt.Sprintf("%d of the %d addresses of its block %s are free, the task needs %d",
		freeAddresses(h.Instance, h.Usage), structs.BlockRoom(block), block, a.need.Addresses)
}

func changeAddresses(_ *ask, h *host) string {
	return "an address of its block " + h.Instance.Network.Block + " free"
}

func freeAddresses(i *structs.ContainerInstance, u *structs.Usage) int {
	return (&structs.Host{Instance: i, Usage: u}).FreeAddresses()
}
