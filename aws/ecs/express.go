package ecs

import (
	"cmp"
	"context"
	"fmt"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

func (c *call) createExpressGatewayService(ctx context.Context, in *CreateExpressGatewayServiceRequest) (*CreateExpressGatewayServiceResponse, error) {
	if err := protocol.CheckTags("tags", in.Tags); err != nil {
		return nil, err
	}
	cluster, err := c.arns.parseCluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	change, err := c.expressChange(in.TaskDefinitionArn, in.PrimaryContainer, in.ScalingTarget, in.NetworkConfiguration)
	if err != nil {
		return nil, err
	}
	change.CPU, change.Memory, change.TaskRole, change.ExecuteRole = in.Cpu, in.Memory, in.TaskRoleArn, in.ExecutionRoleArn
	change.Architecture, change.HealthPath = in.CpuArchitecture, in.HealthCheckPath
	job, err := c.control.CreateExpress(ctx, cluster, in.ServiceName, in.InfrastructureRoleArn, *change, in.Tags)
	out, err := c.shownExpress(ctx, job, err, includes{includeTags})
	return &CreateExpressGatewayServiceResponse{Service: out}, err
}

func (c *call) updateExpressGatewayService(ctx context.Context, in *UpdateExpressGatewayServiceRequest) (*UpdateExpressGatewayServiceResponse, error) {
	cluster, name, err := c.expressName(in.ServiceArn)
	if err != nil {
		return nil, err
	}
	change, err := c.expressChange(in.TaskDefinitionArn, in.PrimaryContainer, in.ScalingTarget, in.NetworkConfiguration)
	if err != nil {
		return nil, err
	}
	change.CPU, change.Memory, change.TaskRole, change.ExecuteRole = in.Cpu, in.Memory, in.TaskRoleArn, in.ExecutionRoleArn
	change.Architecture, change.HealthPath = in.CpuArchitecture, in.HealthCheckPath
	job, err := c.control.UpdateExpress(ctx, cluster, name, *change)
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := &UpdatedExpressGatewayService{
		Cluster: job.Cluster, CreatedAt: job.CreatedAt, ServiceArn: c.arns.service(job.Cluster, job.Name), ServiceName: job.Name,
		Status: &ExpressGatewayServiceStatus{StatusCode: job.Status}, UpdatedAt: job.CreatedAt,
	}
	if d := primaryOf(v, job); d != nil {
		out.TargetConfiguration, out.UpdatedAt = new(c.expressConfiguration(v, d, job)), d.UpdatedAt
	}
	return &UpdateExpressGatewayServiceResponse{Service: out}, nil
}

func (c *call) describeExpressGatewayService(ctx context.Context, in *DescribeExpressGatewayServiceRequest) (*DescribeExpressGatewayServiceResponse, error) {
	cluster, name, err := c.expressName(in.ServiceArn)
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	job := v.Service(cluster, name)
	switch {
	case job == nil:
		return nil, structs.Errorf(structs.KindResourceNotFound, "Service not found.")
	case job.Service.Express == nil:
		return nil, control.ErrNotExpress(name)
	}
	out, err := c.shownExpress(ctx, job, nil, in.Include)
	return &DescribeExpressGatewayServiceResponse{Service: out}, err
}

func (c *call) deleteExpressGatewayService(ctx context.Context, in *DeleteExpressGatewayServiceRequest) (*DeleteExpressGatewayServiceResponse, error) {
	cluster, name, err := c.expressName(in.ServiceArn)
	if err != nil {
		return nil, err
	}
	job, err := c.control.DeleteExpress(ctx, cluster, name)
	out, err := c.shownExpress(ctx, job, err, includes{includeTags})
	return &DeleteExpressGatewayServiceResponse{Service: out}, err
}

// expressName reads the ARN of a service. Its name alone is one of the default cluster.
func (c *call) expressName(text string) (cluster, name string, err error) {
	parts, err := c.arns.Path("serviceArn", text, kindService, 2)
	if err != nil {
		return "", "", err
	}
	if len(parts) == 1 {
		return structs.DefaultCluster, parts[0], nil
	}
	return parts[0], parts[1], nil
}

// expressChange reads what CreateExpressGatewayService and UpdateExpressGatewayService have in
// common.
func (c *call) expressChange(definition string, container *ExpressGatewayContainer, scaling *ExpressGatewayScalingTarget, network *ExpressGatewayServiceNetworkConfiguration) (*control.ExpressChange, error) {
	out := &control.ExpressChange{}
	if definition != "" {
		key, err := c.arns.parseDefinition("taskDefinitionArn", definition)
		if err != nil {
			return nil, err
		}
		out.TaskDefinition = key
	}
	if container != nil {
		out.Container = mainContainer(container)
	}
	if s := scaling; s != nil {
		out.Scaling = structs.ExpressScaling{
			MinTasks: numberOf(s.MinTaskCount), MaxTasks: numberOf(s.MaxTaskCount), Metric: s.AutoScalingMetric, Target: numberOf(s.AutoScalingTargetValue),
		}
	}
	if n := network; n != nil {
		subnets := n.Subnets
		if len(subnets) == 0 {
			subnets = []string{structs.DefaultSubnet}
		}
		out.Network = &structs.AwsVpcConfiguration{Subnets: subnets, SecurityGroups: n.SecurityGroups}
	}
	return out, nil
}

func mainContainer(in *ExpressGatewayContainer) *structs.ContainerDefinition {
	port := cmp.Or(numberOf(in.ContainerPort), structs.ExpressPort)
	out := &structs.ContainerDefinition{
		Name: structs.ExpressContainer, Image: in.Image, Command: in.Command, Environment: in.Environment, Secrets: in.Secrets,
		PortMappings: []structs.PortMapping{{ContainerPort: &port, Name: fmt.Sprintf("main-%d-tcp", port)}},
	}
	if r := in.RepositoryCredentials; r != nil && r.CredentialsParameter != "" {
		out.RepositoryCredentials = &structs.RepositoryCredentials{CredentialsParameter: r.CredentialsParameter}
	}
	if l := in.AwsLogsConfiguration; l != nil {
		out.LogConfiguration = &structs.LogConfiguration{LogDriver: "awslogs", Options: map[string]string{
			"awslogs-group": l.LogGroup, "awslogs-stream-prefix": l.LogStreamPrefix, "awslogs-create-group": "true",
		}}
	}
	return out
}
