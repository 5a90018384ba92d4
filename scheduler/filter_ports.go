package scheduler

import (
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// missingPorts counts the fixed host ports that are taken: by a task, which holds those that Docker chose for it too, or by
// the instance itself, which reserves some (ssh, the engine).
func missingPorts(i *structs.ContainerInstance, u *structs.Usage, need *structs.Resources) (taken int64) {
	for _, p := range need.Ports {
		if u.HasPort(p) || slices.Contains(i.Registered.Ports, p) {
			taken++
		}
	}
	return taken
}
