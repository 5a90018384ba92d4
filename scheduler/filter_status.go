package scheduler

import "github.com/gantry-project/gantry/structs"

// missingActive: new tasks go to ACTIVE instances only. DRAINING ones keep what they have and take nothing new.
func missingActive(i *structs.ContainerInstance, _ *structs.Usage, _ *structs.Resources) int64 {
	if i.Status == structs.InstanceActive {
		return 0
	}
	return 1
}
