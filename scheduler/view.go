package scheduler

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

// View is the state that a plan is made on: one snapshot, which does not change during the call.
// Rows are only read. state.Snapshot is one.
type View interface {
	// Job gives a job by id, nil when there is none.
	Job(id string) *structs.Job
	// JobVersion gives a service as it was at one of its versions, nil where that is not kept.
	JobVersion(job string, version int) *structs.Job
	// JobTasks gives the tasks of a job, stopped ones too, by id.
	JobTasks(job string) iter.Seq[*structs.Task]
	// Deployments gives the deployments of a service, INACTIVE ones too, in the order of their
	// creation.
	Deployments(job string) iter.Seq[*structs.Deployment]
	// ServiceEvents gives what happened to a service. Never nil.
	ServiceEvents(job string) *structs.ServiceEvents
	// TaskDefinition gives a revision by its key family:revision, nil when there is none.
	TaskDefinition(key string) *structs.TaskDefinition
	// Instance gives a container instance by id, nil when there is none.
	Instance(id string) *structs.ContainerInstance
	// Instances gives the instances of a cluster by id, INACTIVE ones too.
	Instances(cluster string) iter.Seq[*structs.ContainerInstance]
	// Hosts is Instances with the Usage of each.
	Hosts(cluster string) iter.Seq2[*structs.ContainerInstance, *structs.Usage]
	// Classes gives the same instances by classes of those that are alike.
	Classes(cluster string) iter.Seq[structs.HostClass]
	// InstanceTasks gives the tasks that hold resources of an instance.
	InstanceTasks(instance string) iter.Seq[*structs.Task]
	// GroupTasks gives the tasks of a group that hold resources of an instance, whatever their
	// cluster; for a group of a service's tasks none.
	GroupTasks(group string) iter.Seq[*structs.Task]
	// Waiting gives the evaluations of a cluster that wait for room for the same tasks, in the
	// order in which they are served.
	Waiting(cluster, ask string) iter.Seq[*structs.Evaluation]
	// Usage tells what the tasks of an instance hold. Never nil.
	Usage(instance string) *structs.Usage
}
