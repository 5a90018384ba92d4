package scheduler

import (
	"iter"

	"github.com/gantry-project/gantry/scheduler/place"
	"github.com/gantry-project/gantry/structs"
)

// View is the state that a plan is based on: one snapshot, which does not change during the call.
// Its rows are only read. state.Snapshot implements it.
type View interface {
	place.View

	// JobVersion returns a service as it was at one of its versions, or nil if that is not kept.
	JobVersion(job string, version int) *structs.Job
	// Deployments returns the deployments of a service in the order of their creation, INACTIVE
	// ones included.
	Deployments(job string) iter.Seq[*structs.Deployment]
	// ServiceEvents returns the events of a service. It is never nil.
	ServiceEvents(job string) *structs.ServiceEvents
	// TargetGroup returns a target group by id, or nil if there is none.
	TargetGroup(id string) *structs.TargetGroup
	// TaskDefinition returns a revision by its key, family:revision, or nil if there is none.
	TaskDefinition(key string) *structs.TaskDefinition
	// Waiting returns the evaluations of a cluster that wait for room with the same ask, in the
	// order in which they are served.
	Waiting(cluster, ask string) iter.Seq[*structs.Evaluation]
}
