package ecs

import (
	"context"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// shownExpress shows an express gateway service as a call has left it.
func (c *call) shownExpress(ctx context.Context, job *structs.Job, err error, include includes) (*ECSExpressGatewayService, error) {
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := &ECSExpressGatewayService{
		ActiveConfigurations: []ExpressGatewayServiceConfiguration{}, Cluster: job.Cluster, CreatedAt: job.CreatedAt, UpdatedAt: job.CreatedAt,
		InfrastructureRoleArn: job.Service.Express.InfrastructureRole, ServiceArn: c.arns.service(job.Cluster, job.Name), ServiceName: job.Name,
		Status: &ExpressGatewayServiceStatus{StatusCode: job.Status}, Tags: include.tags(v, structs.ServiceKey(job.Cluster, job.Name)),
	}
	for _, d := range newestFirst(v, job.ID) {
		if d.Status == structs.DeploymentInactive {
			continue
		}
		if d.Status == structs.DeploymentPrimary {
			out.UpdatedAt = d.UpdatedAt
			if d.Rollout == structs.RolloutInProgress {
				out.CurrentDeployment = c.arns.deployment(job, askedFor(d))
			}
		}
		if version := v.JobVersion(job.ID, d.JobVersion); version != nil && version.Service.Express != nil {
			out.ActiveConfigurations = append(out.ActiveConfigurations, c.expressConfiguration(v, d, version))
		}
	}
	return out, nil
}

// primaryOf returns the PRIMARY deployment of a service; nil if there is none.
func primaryOf(v view, job *structs.Job) *structs.Deployment {
	for _, d := range newestFirst(v, job.ID) {
		if d.Status == structs.DeploymentPrimary {
			return d
		}
	}
	return nil
}

// expressConfiguration shows the version of a service that a deployment moves to.
func (c *call) expressConfiguration(v view, d *structs.Deployment, job *structs.Job) ExpressGatewayServiceConfiguration {
	s, e := job.Service.Express.Scaling, job.Service.Expose
	out := ExpressGatewayServiceConfiguration{
		CreatedAt: d.CreatedAt, HealthCheckPath: e.HealthPath, IngressPaths: []IngressPathSummary{},
		ScalingTarget: &ExpressGatewayScalingTarget{
			AutoScalingMetric: s.Metric, AutoScalingTargetValue: new(s.Target), MinTaskCount: new(s.MinTasks), MaxTaskCount: new(s.MaxTasks),
		},
		ServiceRevisionArn: c.arns.revision(job, d.ID), TaskDefinitionArn: c.arns.definition(job.TaskDefinition),
	}
	for _, host := range e.Hosts {
		out.IngressPaths = append(out.IngressPaths, IngressPathSummary{AccessType: structs.AccessPublic, Endpoint: control.URLOf(v, host)})
	}
	if n := job.Network; n != nil {
		out.NetworkConfiguration = &ExpressGatewayServiceNetworkConfiguration{Subnets: n.Subnets, SecurityGroups: orEmpty(n.SecurityGroups)}
	}
	definition := v.TaskDefinition(job.TaskDefinition)
	if definition == nil {
		return out
	}
	out.Cpu, out.Memory, out.TaskRoleArn, out.ExecutionRoleArn = definition.Cpu, definition.Memory, definition.TaskRoleArn, definition.ExecutionRoleArn
	if p := definition.RuntimePlatform; p != nil {
		out.CpuArchitecture = p.CpuArchitecture
	}
	if !job.Service.Express.Own {
		out.PrimaryContainer = primaryContainer(&definition.ContainerDefinitions[0], e.Port)
	}
	return out
}

func primaryContainer(d *structs.ContainerDefinition, port int32) *ExpressGatewayContainer {
	out := &ExpressGatewayContainer{
		Image: d.Image, Command: orEmpty(d.Command), ContainerPort: &port, Environment: orEmpty(d.Environment), Secrets: orEmpty(d.Secrets),
	}
	if r := d.RepositoryCredentials; r != nil {
		out.RepositoryCredentials = &ExpressGatewayRepositoryCredentials{CredentialsParameter: r.CredentialsParameter}
	}
	if l := d.LogConfiguration; l != nil {
		out.AwsLogsConfiguration = &ExpressGatewayServiceAwsLogsConfiguration{
			LogGroup: l.Options["awslogs-group"], LogStreamPrefix: l.Options["awslogs-stream-prefix"],
		}
	}
	return out
}
