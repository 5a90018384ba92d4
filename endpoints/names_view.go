package endpoints

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

// NamesView is the state that names are read from. A *state.Snapshot is one.
type NamesView interface {
	Clusters() iter.Seq[*structs.Cluster]
	Services(cluster string) iter.Seq[*structs.Job]
	Deployments(job string) iter.Seq[*structs.Deployment]
	Job(id string) *structs.Job
	// InstanceTasks returns the tasks of an instance that have not stopped.
	InstanceTasks(instance string) iter.Seq[*structs.Task]
	JobTasks(job string) iter.Seq[*structs.Task]
	TaskDefinition(revision string) *structs.TaskDefinition
	Instance(id string) *structs.ContainerInstance
	AllInstances() iter.Seq[*structs.ContainerInstance]
	LoadBalancers() iter.Seq[*structs.LoadBalancer]
	TargetGroup(id string) *structs.TargetGroup
	Namespaces() iter.Seq[*structs.Namespace]
	NamespaceNamed(name string) *structs.Namespace
	NamespaceServices(namespace string) iter.Seq[*structs.DiscoveryService]
	DiscoveryInstances(service string) iter.Seq[*structs.DiscoveryInstance]
}
