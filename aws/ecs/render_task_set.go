package ecs

import (
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// The stability of a task set (ECS).
const (
	steadyState = "STEADY_STATE"
	stabilizing = "STABILIZING"
)

// taskSets returns the task sets of a service that are not over, oldest first.
func taskSets(v view, job *structs.Job) []*structs.Deployment {
	return slices.DeleteFunc(slices.Collect(v.Deployments(job.ID)), func(d *structs.Deployment) bool {
		return d.TaskSet == nil || d.Status == structs.DeploymentInactive
	})
}

// taskSetOf returns a task set of a service by id; nil if there is none.
func taskSetOf(v view, job *structs.Job, id string) *structs.Deployment {
	d := v.Deployment(id)
	if d == nil || d.Job != job.ID || d.TaskSet == nil || d.Status == structs.DeploymentInactive {
		return nil
	}
	return d
}

func (c *call) taskSet(v view, job *structs.Job, d *structs.Deployment, include includes) TaskSet {
	tasks, computed, status := countTasks(v, job.ID).by[d.ID], d.TaskSet.Computed(job.Count), d.Status
	// ECS has no status for one that is over
	if status == structs.TaskSetDraining || status == structs.DeploymentInactive {
		computed, status = 0, structs.TaskSetDraining
	}
	out := TaskSet{
		Id:                   d.ID,
		TaskSetArn:           c.arns.taskSet(job, d.ID),
		ServiceArn:           c.arns.service(job.Cluster, job.Name),
		ClusterArn:           c.arns.cluster(job.Cluster),
		ExternalId:           d.TaskSet.ExternalID,
		Status:               status,
		TaskDefinition:       c.arns.definition(d.TaskDefinition),
		ComputedDesiredCount: int32(computed),
		RunningCount:         tasks.running,
		PendingCount:         tasks.pending,
		NetworkConfiguration: shownNetwork(d.TaskSet.Network),
		LoadBalancers:        c.shownBalancers(v, d.TaskSet.LoadBalancers),
		ServiceRegistries:    []ServiceRegistry{},
		Scale:                &Scale{Unit: percent, Value: d.TaskSet.Scale},
		StabilityStatus:      steadyState,
		StabilityStatusAt:    c.control.Now(),
		CreatedAt:            d.CreatedAt,
		UpdatedAt:            d.UpdatedAt,
		Tags:                 include.tags(v, structs.TaskSetKey(job, d.ID)),
	}
	of := d.TaskSet.Of(job)
	out.LaunchType, out.CapacityProviderStrategy = capacityOf(of)
	out.PlatformFamily, out.PlatformVersion = platformOf(of)
	if tasks.running != out.ComputedDesiredCount || tasks.pending > 0 || unsettled(v, job, d, out.StabilityStatusAt) {
		out.StabilityStatus = stabilizing
	}
	return out
}

// unsettled reports whether a task of the set is stopping, is not healthy, or runs on an instance
// that drains. Its set is then not in a steady state, whatever the counts (ECS).
func unsettled(v view, job *structs.Job, set *structs.Deployment, now structs.Time) bool {
	for t := range v.JobTasks(job.ID) {
		if t.StartedBy != set.ID || !t.Holds() {
			continue
		}
		if i := v.Instance(t.Instance); i == nil || i.Status != structs.InstanceActive || t.DesiredStatus == structs.TaskStopped {
			return true
		}
		if !job.Service.Update.IsHealthy(t, v.TaskDefinition(t.TaskDefinition), now) {
			return true
		}
	}
	return false
}
