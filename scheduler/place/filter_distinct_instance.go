package place

import (
	"fmt"

	"github.com/gantry-project/gantry/structs"
)

// missingDistinct implements distinctInstance: each task of a service, or of a group if there is no
// service, needs its own instance. Tasks that were asked to stop do not keep others away (ECS).
func missingDistinct(a *ask, h *host) int64 {
	if !a.distinct {
		return 0
	}
	return int64(h.peers)
}

func detailDistinct(a *ask, h *host) string {
	if a.request.Job.Type != structs.JobBatch {
		return fmt.Sprintf("%d of the service's tasks run there", h.peers)
	}
	return fmt.Sprintf("%d of the tasks of group %s run there", h.peers, a.request.Job.Group)
}
