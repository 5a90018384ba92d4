package endpoints

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

// View is what the table is computed from. state.Snapshot is one.
type View interface {
	NamesView
	LoadBalancer(id string) *structs.LoadBalancer
	Listener(id string) *structs.Listener
	AllListeners() iter.Seq[*structs.Listener]
	// ListenerRules returns the rules of a listener in the order of their priority.
	ListenerRules(listener string) iter.Seq[*structs.ListenerRule]
	// Targets returns the targets that users registered in a target group.
	Targets(group string) iter.Seq[*structs.Target]
	// TargetTasks returns the tasks that are targets of a target group and have not stopped.
	TargetTasks(group string) iter.Seq[*structs.Task]
	Job(id string) *structs.Job
	// BalancedServices returns the services whose tasks are targets.
	BalancedServices() iter.Seq[*structs.Job]
	// Ingress returns the ids of the instances that open listeners and whose agents are connected,
	// in their order.
	Ingress() []string
}

// primary returns the deployment that a service is moving to or has moved to; nil if there is none.
func primary(v View, job string) (found *structs.Deployment) {
	for d := range v.Deployments(job) {
		if d.Status == structs.DeploymentPrimary {
			found = d
		}
	}
	return found
}
