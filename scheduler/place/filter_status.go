package place

import "github.com/gantry-project/gantry/structs"

// missingActive restricts new tasks to ACTIVE instances. DRAINING ones keep their tasks but take no
// new ones.
func missingActive(_ *ask, h *host) int64 {
	if h.Instance.Status == structs.InstanceActive {
		return 0
	}
	return 1
}

func detailActive(_ *ask, h *host) string { return "the instance is " + h.Instance.Status }

func changeActive(_ *ask, h *host) string {
	if h.Instance.Status == structs.InstanceInactive {
		return "a new registration" // nothing else brings it back
	}
	return "status ACTIVE"
}
