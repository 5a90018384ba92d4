package ecs

import (
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// service shows a service at the version of job.
func (c *call) service(v view, job *structs.Job, include includes) Service {
	tasks := countTasks(v, job.ID)
	spec := job.Service
	out := Service{
		ServiceArn:                    c.arns.service(job.Cluster, job.Name),
		ServiceName:                   job.Name,
		ClusterArn:                    c.arns.cluster(job.Cluster),
		Status:                        job.Status,
		SchedulingStrategy:            schedulingStrategy(job),
		DesiredCount:                  int32(job.Count),
		RunningCount:                  tasks.all.running,
		PendingCount:                  tasks.all.pending,
		DeploymentController:          &DeploymentController{Type: spec.Controller},
		DeploymentConfiguration:       deploymentConfiguration(&spec.Update),
		HealthCheckGracePeriodSeconds: &spec.HealthGrace,
		AvailabilityZoneRebalancing:   spec.Rebalancing,
		PropagateTags:                 spec.PropagateTags,
		EnableECSManagedTags:          spec.ManagedTags,
		EnableExecuteCommand:          job.EnableExecuteCommand,
		PlacementConstraints:          orEmpty(job.PlacementConstraints),
		PlacementStrategy:             orEmpty(job.PlacementStrategy),
		LoadBalancers:                 c.shownBalancers(v, spec.LoadBalancers),
		ServiceRegistries:             c.shownRegistries(spec.Registries),
		Deployments:                   []Deployment{},
		Events:                        c.serviceEvents(v, job.ID),
		RoleArn:                       spec.Role,
		CreatedAt:                     job.CreatedAt,
		CreatedBy:                     c.arns.Principal(spec.CreatedBy),
		Tags:                          include.tags(v, structs.ServiceKey(job.Cluster, job.Name)),
	}
	if job.External() {
		out.TaskSets = []TaskSet{}
	} else {
		out.TaskDefinition = c.arns.definition(job.TaskDefinition)
	}
	of := job
	for _, set := range taskSets(v, job) {
		out.TaskSets = append(out.TaskSets, c.taskSet(v, job, set, nil))
		if set.Status == structs.DeploymentPrimary { // the service takes its values from it (ECS)
			out.TaskDefinition = c.arns.definition(set.TaskDefinition)
			of = set.TaskSet.Of(job)
		}
	}
	out.LaunchType, out.CapacityProviderStrategy = capacityOf(of)
	if asked, _ := of.Platform(); asked != "" {
		out.PlatformFamily, out.PlatformVersion = structs.PlatformLinux, asked
	}
	out.NetworkConfiguration = shownNetwork(of.Network)
	c.showDeployments(v, &out, job, tasks)
	return out
}

// showDeployments shows the deployments of a service.
func (c *call) showDeployments(v view, out *Service, job *structs.Job, tasks taskCounts) {
	for _, d := range newestFirst(v, job.ID) {
		if d.Status == structs.DeploymentInactive {
			continue // history: waiters take all that is listed here for deployments in progress
		}
		shown := c.deployment(job, d, tasks.by[d.ID], out.DesiredCount)
		showLaunch(&shown, revisionOf(v, d))
		showConnect(&shown, revisionOf(v, d).Service.Connect)
		out.Deployments = append(out.Deployments, shown)
		out.CurrentServiceRevisions = append(out.CurrentServiceRevisions, ServiceCurrentRevisionSummary{
			Arn: c.arns.revision(job, d.ID), RequestedTaskCount: shown.DesiredCount,
			RunningTaskCount: shown.RunningCount, PendingTaskCount: shown.PendingCount,
		})
		if d.Status == structs.DeploymentPrimary && d.Rollout == structs.RolloutInProgress {
			out.CurrentServiceDeployment = c.arns.deployment(job, askedFor(d))
		}
	}
}

// deployment shows a deployment in its service. One that the primary replaces wants no more tasks
// than it has left.
func (c *call) deployment(job *structs.Job, d *structs.Deployment, tasks taskCount, desired int32) Deployment {
	out := Deployment{
		Id:                 d.ID,
		Status:             d.Status,
		TaskDefinition:     c.arns.definition(d.TaskDefinition),
		DesiredCount:       tasks.wanted,
		RunningCount:       tasks.running,
		PendingCount:       tasks.pending,
		FailedTasks:        int32(d.FailedTasks),
		RolloutState:       d.Rollout,
		RolloutStateReason: d.RolloutReason,
		CreatedAt:          d.CreatedAt,
		UpdatedAt:          d.UpdatedAt,
	}
	if d.Status == structs.DeploymentPrimary {
		out.DesiredCount = desired
	}
	return out
}

// newestFirst returns the deployments of a service, newest first and INACTIVE ones included. Task
// sets are not among them.
func newestFirst(v view, job string) []*structs.Deployment {
	all := slices.DeleteFunc(slices.Collect(v.Deployments(job)), func(d *structs.Deployment) bool { return d.TaskSet != nil })
	slices.Reverse(all)
	return all
}

// askedFor returns the id of the deployment that a user asked for: for a rollback, the one that it
// rolls back; otherwise the deployment itself.
func askedFor(d *structs.Deployment) string {
	if d.RollbackOf != "" {
		return d.RollbackOf
	}
	return d.ID
}

func schedulingStrategy(job *structs.Job) string {
	if job.Type == structs.JobDaemon {
		return "DAEMON"
	}
	return "REPLICA"
}

func deploymentConfiguration(p *structs.UpdatePolicy) *DeploymentConfiguration {
	out := &DeploymentConfiguration{
		Strategy:                 structs.StrategyRolling,
		MinimumHealthyPercent:    &p.MinimumHealthyPercent,
		MaximumPercent:           &p.MaximumPercent,
		Alarms:                   &DeploymentAlarms{AlarmNames: []string{}},
		BakeTimeInMinutes:        new(int32(0)),
		DeploymentCircuitBreaker: breakerConfiguration(p),
	}
	out.EarlySuccessCriteria = showEarlySuccess(p)
	if p.Shift != nil {
		showShift(out, p.Shift)
	}
	return out
}

// breakerConfiguration shows all of the configuration even if the circuit breaker is off, as AWS
// does.
func breakerConfiguration(p *structs.UpdatePolicy) *DeploymentCircuitBreaker {
	t := p.BreakerThreshold()
	return &DeploymentCircuitBreaker{
		Enable: p.CircuitBreaker, Rollback: p.Rollback, ResetOnHealthyTask: &p.ResetOnHealthyTask,
		ThresholdConfiguration: &ThresholdConfiguration{Type: t.Type, Value: t.Value},
	}
}

func (c *call) serviceEvents(v view, job string) []ServiceEvent {
	events := v.ServiceEvents(job).Events
	out := make([]ServiceEvent, len(events))
	for i, e := range events {
		out[i] = ServiceEvent{Id: e.ID, CreatedAt: e.At, Message: c.arns.withTrafficARNs(e.Message)}
	}
	return out
}

// taskCount has how many tasks run, how many are starting, and how many of both are to stay.
type taskCount struct{ running, pending, wanted int32 }

// taskCounts has the counts of a service and of each of its deployments.
type taskCounts struct {
	all taskCount
	by  map[string]taskCount // by Deployment.ID
}

func countTasks(v view, job string) taskCounts {
	counts := taskCounts{by: map[string]taskCount{}}
	for t := range v.JobTasks(job) {
		if !t.Holds() {
			continue
		}
		var n taskCount
		stays := t.DesiredStatus == structs.TaskRunning
		if stays {
			n.wanted = 1
		}
		switch {
		case t.LastStatus == structs.TaskRunning:
			n.running = 1
		case t.LastStatus < structs.TaskRunning && stays:
			n.pending = 1
		}
		counts.all.add(n)
		own := counts.by[t.StartedBy]
		own.add(n)
		counts.by[t.StartedBy] = own
	}
	return counts
}

func (c *taskCount) add(n taskCount) {
	c.running += n.running
	c.pending += n.pending
	c.wanted += n.wanted
}
