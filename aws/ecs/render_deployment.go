package ecs

import (
	"cmp"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// The states of a service deployment (ECS).
const (
	deploymentPending            = "PENDING"
	deploymentInProgress         = "IN_PROGRESS"
	deploymentSuccessful         = "SUCCESSFUL"
	deploymentStopped            = "STOPPED"
	deploymentStopRequested      = "STOP_REQUESTED"
	deploymentRollbackRequested  = "ROLLBACK_REQUESTED"
	deploymentRollbackInProgress = "ROLLBACK_IN_PROGRESS"
	deploymentRollbackSuccessful = "ROLLBACK_SUCCESSFUL"
	deploymentRollbackFailed     = "ROLLBACK_FAILED"
)

// serviceDeployment is a deployment that a user asked for, in ECS's terms: a rollback is not a
// deployment of its own, but the end of this one.
type serviceDeployment struct {
	*structs.Deployment
	source   *structs.Deployment // what ran before; nil for the first
	rollback *structs.Deployment // nil if there is none
	begun    bool                // a task of it has been placed
}

// serviceDeployments returns the deployments of a service, newest first.
func serviceDeployments(v view, job *structs.Job) []*serviceDeployment {
	var out []*serviceDeployment
	rollbacks := map[string]*structs.Deployment{} // by the deployment that they roll back
	begun := map[string]bool{}
	for t := range v.JobTasks(job.ID) {
		begun[t.StartedBy] = true
	}
	all := newestFirst(v, job.ID)
	for i, d := range all {
		if d.RollbackOf != "" {
			rollbacks[d.RollbackOf] = d
			continue
		}
		shown := &serviceDeployment{Deployment: d, rollback: rollbacks[d.ID], begun: begun[d.ID]}
		for _, earlier := range all[i+1:] {
			if shown.source == nil && earlier.Rollout == structs.RolloutCompleted {
				shown.source = earlier
			}
		}
		out = append(out, shown)
	}
	return out
}

func (d *serviceDeployment) status() string {
	if r := d.rollback; r != nil {
		switch {
		case r.Rollout == structs.RolloutCompleted:
			return deploymentRollbackSuccessful
		case r.Rollout == structs.RolloutFailed || r.Status != structs.DeploymentPrimary:
			return deploymentRollbackFailed
		default:
			return deploymentRollbackInProgress
		}
	}
	switch {
	case d.Rollout == structs.RolloutCompleted:
		return deploymentSuccessful
	// failed for good, or replaced by another
	case d.Rollout == structs.RolloutFailed || d.Status != structs.DeploymentPrimary:
		return deploymentStopped
	case d.StopRequested == structs.StopRollback:
		return deploymentRollbackRequested
	case d.StopRequested == structs.StopAbort:
		return deploymentStopRequested
	case !d.begun:
		return deploymentPending
	default:
		return deploymentInProgress
	}
}

// reason explains the deployment's status.
func (d *serviceDeployment) reason() string {
	if d.rollback == nil && d.Rollout == structs.RolloutInProgress && d.Status != structs.DeploymentPrimary {
		return "ECS deployment " + d.ID + " was replaced before it was completed."
	}
	return d.RolloutReason
}

// ended returns when the deployment, or its rollback if there is one, ended; zero while it goes on.
func (d *serviceDeployment) ended() structs.Time {
	last := d.Deployment
	if d.rollback != nil {
		last = d.rollback
	}
	if last.Rollout == structs.RolloutInProgress && last.Status != structs.DeploymentPrimary {
		return last.UpdatedAt // another replaced it before its end
	}
	return last.FinishedAt
}

func (c *call) deploymentBrief(job *structs.Job, d *serviceDeployment) ServiceDeploymentBrief {
	return ServiceDeploymentBrief{
		ServiceDeploymentArn:     c.arns.deployment(job, d.ID),
		ServiceArn:               c.arns.service(job.Cluster, job.Name),
		ClusterArn:               c.arns.cluster(job.Cluster),
		TargetServiceRevisionArn: c.arns.revision(job, d.ID),
		Status:                   d.status(),
		StatusReason:             d.reason(),
		CreatedAt:                d.CreatedAt,
		StartedAt:                d.CreatedAt,
		FinishedAt:               d.ended(),
	}
}

// serviceDeployment shows a service deployment in full.
func (c *call) serviceDeployment(v view, job *structs.Job, d *serviceDeployment) ServiceDeployment {
	brief := c.deploymentBrief(job, d)
	tasks := countTasks(v, job.ID)
	policy := &revisionOf(v, d.Deployment).Service.Update
	desired := int32(job.Count)
	out := ServiceDeployment{
		ServiceDeploymentArn:     brief.ServiceDeploymentArn,
		ServiceArn:               brief.ServiceArn,
		ClusterArn:               brief.ClusterArn,
		Status:                   brief.Status,
		StatusReason:             brief.StatusReason,
		CreatedAt:                brief.CreatedAt,
		StartedAt:                brief.StartedAt,
		FinishedAt:               brief.FinishedAt,
		UpdatedAt:                d.UpdatedAt,
		DeploymentConfiguration:  deploymentConfiguration(policy),
		DeploymentCircuitBreaker: circuitBreaker(d, policy, job.Count),
		Alarms:                   &ServiceDeploymentAlarms{Status: breakerDisabled},
		SourceServiceRevisions:   []ServiceRevisionSummary{},
		TargetServiceRevision:    new(c.revisionSummary(job, d.Deployment, tasks, desired)),
	}
	if d.source != nil {
		out.SourceServiceRevisions = append(out.SourceServiceRevisions, c.revisionSummary(job, d.source, tasks, desired))
	}
	showStage(&out, d)
	if out.Status == deploymentStopped {
		out.StoppedAt = brief.FinishedAt
	}
	if r := d.rollback; r != nil {
		out.UpdatedAt = r.UpdatedAt
		out.Rollback = &Rollback{Reason: d.RolloutReason, StartedAt: r.CreatedAt, ServiceRevisionArn: c.arns.revision(job, r.ID)}
	}
	return out
}

func (c *call) revisionSummary(job *structs.Job, d *structs.Deployment, tasks taskCounts, desired int32) ServiceRevisionSummary {
	shown := c.deployment(job, d, tasks.by[d.ID], desired)
	return ServiceRevisionSummary{
		Arn: c.arns.revision(job, d.ID), RequestedTaskCount: shown.DesiredCount,
		RunningTaskCount: shown.RunningCount, PendingTaskCount: shown.PendingCount,
	}
}

// breakerDisabled is the state of a circuit breaker, and of alarms, that is not in use (ECS).
const breakerDisabled = "DISABLED"

func circuitBreaker(d *serviceDeployment, policy *structs.UpdatePolicy, desired int) *ServiceDeploymentCircuitBreaker {
	out := &ServiceDeploymentCircuitBreaker{FailureCount: int32(d.FailedTasks), Threshold: int32(policy.Threshold(desired))}
	switch {
	case !policy.CircuitBreaker:
		out.Status = breakerDisabled
	case d.Rollout == structs.RolloutInProgress:
		out.Status = "MONITORING"
	case strings.HasPrefix(d.RolloutReason, structs.BreakerReason) && d.Rollout == structs.RolloutFailed:
		out.Status = "TRIGGERED"
	default:
		out.Status = "MONITORING_COMPLETE"
	}
	return out
}

// revisionOf returns the service at the version that a deployment deploys, or at the current one if
// that version is no longer known.
func revisionOf(v view, d *structs.Deployment) *structs.Job {
	if version := v.JobVersion(d.Job, d.JobVersion); version != nil {
		return version
	}
	return v.Job(d.Job)
}

// serviceRevision shows the revision that a deployment deploys.
func (c *call) serviceRevision(v view, d *structs.Deployment) ServiceRevision {
	job := revisionOf(v, d)
	out := ServiceRevision{
		ServiceRevisionArn: c.arns.revision(job, d.ID),
		ServiceArn:         c.arns.service(job.Cluster, job.Name),
		ClusterArn:         c.arns.cluster(job.Cluster),
		TaskDefinition:     c.arns.definition(d.TaskDefinition),
		ContainerImages:    []ContainerImage{},
		LoadBalancers:      c.shownBalancers(v, job.Service.LoadBalancers),
		ServiceRegistries:  c.shownRegistries(job.Service.Registries),
		CreatedAt:          d.CreatedAt,
		GatewayConnectors:  shownConnectors(job.Service.Gateway),

		ServiceConnectConfiguration: cmp.Or(shownConnect(job.Service.Connect), &ServiceConnectConfiguration{}),
	}
	out.ResolvedConfiguration = c.resolvedBalancers(v, d, job.Service.LoadBalancers)
	out.Monitoring = shownMonitoring(v.Job(d.Job).Service.Monitoring)
	out.LaunchType, out.CapacityProviderStrategy = capacityOf(job)
	out.PlatformFamily, out.PlatformVersion = platformOf(job)
	out.NetworkConfiguration = shownNetwork(job.Network)
	if definition := v.TaskDefinition(d.TaskDefinition); definition != nil {
		for _, container := range definition.ContainerDefinitions {
			out.ContainerImages = append(out.ContainerImages, ContainerImage{
				ContainerName: container.Name, Image: container.Image, ImageDigest: structs.PinnedDigest(d.Images, container.Name),
			})
		}
	}
	return out
}
