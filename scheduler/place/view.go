package place

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

// View is the state that places are found on: one snapshot, which does not change during a call.
// Its rows are only read. state.Snapshot implements it.
type View interface {
	// Job returns a job by id, or nil if there is none.
	Job(id string) *structs.Job
	// JobTasks returns the tasks of a job by id, stopped ones included.
	JobTasks(job string) iter.Seq[*structs.Task]
	// Instance returns a container instance by id, or nil if there is none.
	Instance(id string) *structs.ContainerInstance
	// Instances returns the instances of a cluster by id, INACTIVE ones included.
	Instances(cluster string) iter.Seq[*structs.ContainerInstance]
	// Hosts returns the same instances as Instances, each with its Usage.
	Hosts(cluster string) iter.Seq2[*structs.ContainerInstance, *structs.Usage]
	// Classes returns the same instances, grouped into classes of like ones.
	Classes(cluster string) iter.Seq[structs.HostClass]
	// InstanceTasks returns the tasks that hold resources of an instance.
	InstanceTasks(instance string) iter.Seq[*structs.Task]
	// GroupTasks returns the tasks of a group that hold resources of an instance, in any cluster.
	// For the group of a service's tasks it returns none.
	GroupTasks(group string) iter.Seq[*structs.Task]
	// Usage returns what the tasks of an instance hold. It is never nil.
	Usage(instance string) *structs.Usage
}
