package ecs

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

// view is the state that an answer is made from; control.Read returns one. Its rows are never
// changed.
type view interface {
	AccountSetting(principal, name string) *structs.AccountSetting
	AllListeners() iter.Seq[*structs.Listener]
	CapacityProvider(name string) *structs.CapacityProvider
	CapacityProviders() iter.Seq[*structs.CapacityProvider]
	Cluster(name string) *structs.Cluster
	Clusters() iter.Seq[*structs.Cluster]
	Deployment(id string) *structs.Deployment
	Deployments(job string) iter.Seq[*structs.Deployment]
	EffectiveSetting(principal, name string) *structs.AccountSetting
	Gateway(name string) *structs.Gateway
	Gateways() iter.Seq[*structs.Gateway]
	GatewayAssociations() iter.Seq[*structs.GatewayAssociation]
	Instance(id string) *structs.ContainerInstance
	Instances(cluster string) iter.Seq[*structs.ContainerInstance]
	InstanceTasks(instance string) iter.Seq[*structs.Task]
	Job(id string) *structs.Job
	JobOf(t *structs.Task) *structs.Job
	JobTasks(job string) iter.Seq[*structs.Task]
	JobVersion(job string, version int) *structs.Job
	ListenerRule(id string) *structs.ListenerRule
	Listener(id string) *structs.Listener
	LoadBalancer(id string) *structs.LoadBalancer
	Service(cluster, name string) *structs.Job
	ServiceEvents(job string) *structs.ServiceEvents
	Services(cluster string) iter.Seq[*structs.Job]
	Tags(resource structs.ResourceKey) []structs.Tag
	TargetGroup(id string) *structs.TargetGroup
	Task(id string) *structs.Task
	Tasks(cluster string) iter.Seq[*structs.Task]
	TaskDefinition(key string) *structs.TaskDefinition
	Usage(instance string) *structs.Usage
}
