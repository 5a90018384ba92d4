package ecs

import (
	"context"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// The limits of calls on services (ECS).
const (
	maxDescribeServices = 10
	servicesPage        = 10
)

func (c *call) createService(ctx context.Context, in *CreateServiceRequest) (*CreateServiceResponse, error) {
	if err := checkCreateService(in); err != nil {
		return nil, err
	}
	cluster, definition, err := c.jobOf(in.Cluster, in.TaskDefinition)
	if err != nil {
		return nil, err
	}
	strategy, err := c.capacityStrategy("capacityProviderStrategy", in.CapacityProviderStrategy)
	if err != nil {
		return nil, err
	}
	traffic, err := c.traffic(in.LoadBalancers, in.Monitoring)
	if err != nil {
		return nil, err
	}
	registries, err := c.registries(in.ServiceRegistries)
	if err != nil {
		return nil, err
	}
	hash, err := protocol.RequestHash(in, func(same *CreateServiceRequest) { same.ClientToken, same.Cluster = "", cluster })
	if err != nil {
		return nil, err
	}
	connector, err := connectorOf(in.GatewayConnectors)
	if err != nil {
		return nil, err
	}
	connect, err := c.connect(ctx, cluster, in.ServiceConnectConfiguration)
	if err != nil {
		return nil, err
	}
	job, err := c.control.CreateService(ctx, control.CreateServiceInput{
		Cluster: cluster, Name: in.ServiceName, Daemon: in.SchedulingStrategy == "DAEMON",
		External:   controllerType(in.DeploymentController) == structs.ControllerExternal,
		LaunchType: in.LaunchType, Tags: in.Tags, ClientToken: in.ClientToken, RequestHash: hash,
		ServiceChange: withPolicy(control.ServiceChange{
			TaskDefinition: definition, Count: count(in.DesiredCount), HealthGrace: in.HealthCheckGracePeriodSeconds,
			PlacementConstraints: in.PlacementConstraints, PlacementStrategy: in.PlacementStrategy, CapacityStrategy: strategy,
			PlatformVersion: in.PlatformVersion, Network: awsvpcOf(in.NetworkConfiguration),
			PropagateTags: in.PropagateTags, ManagedTags: &in.EnableECSManagedTags, Rebalancing: in.AvailabilityZoneRebalancing,
			EnableExecuteCommand: &in.EnableExecuteCommand, LoadBalancers: traffic.balancers, Monitoring: traffic.monitoring, Role: in.Role,
			Registries: registries, GatewayConnector: connector, Connect: connect,
		}, in.DeploymentConfiguration),
	})
	out, err := c.shownService(ctx, job, err)
	return &CreateServiceResponse{Service: out}, err
}

func (c *call) updateService(ctx context.Context, in *UpdateServiceRequest) (*UpdateServiceResponse, error) {
	if err := checkUpdateService(in); err != nil {
		return nil, err
	}
	cluster, definition, err := c.jobOf(in.Cluster, in.TaskDefinition)
	if err != nil {
		return nil, err
	}
	name, err := c.arns.parseMember("service", in.Service, kindService, cluster)
	if err != nil {
		return nil, err
	}
	strategy, err := c.capacityStrategy("capacityProviderStrategy", in.CapacityProviderStrategy)
	if err != nil {
		return nil, err
	}
	traffic, err := c.traffic(in.LoadBalancers, in.Monitoring)
	if err != nil {
		return nil, err
	}
	registries, err := c.registries(in.ServiceRegistries)
	if err != nil {
		return nil, err
	}
	connector, err := connectorOf(in.GatewayConnectors)
	if err != nil {
		return nil, err
	}
	connect, err := c.connect(ctx, cluster, in.ServiceConnectConfiguration)
	if err != nil {
		return nil, err
	}
	job, err := c.control.UpdateService(ctx, control.UpdateServiceInput{
		Cluster: cluster, Name: name, Controller: controllerType(in.DeploymentController), ForceNewDeployment: in.ForceNewDeployment,
		ServiceChange: withPolicy(control.ServiceChange{
			TaskDefinition: definition, Count: count(in.DesiredCount), HealthGrace: in.HealthCheckGracePeriodSeconds,
			PlacementConstraints: in.PlacementConstraints, PlacementStrategy: updatedStrategy(in.PlacementStrategy),
			CapacityStrategy: strategy, PlatformVersion: in.PlatformVersion, Network: awsvpcOf(in.NetworkConfiguration),
			PropagateTags: in.PropagateTags, ManagedTags: in.EnableECSManagedTags, Rebalancing: in.AvailabilityZoneRebalancing,
			EnableExecuteCommand: in.EnableExecuteCommand, LoadBalancers: traffic.balancers, Monitoring: traffic.monitoring,
			Registries: registries, GatewayConnector: connector, Connect: connect,
		}, in.DeploymentConfiguration),
	})
	out, err := c.shownService(ctx, job, err)
	return &UpdateServiceResponse{Service: out}, err
}

func (c *call) deleteService(ctx context.Context, in *DeleteServiceRequest) (*DeleteServiceResponse, error) {
	cluster, err := c.arns.parseCluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	name, err := c.arns.parseMember("service", in.Service, kindService, cluster)
	if err != nil {
		return nil, err
	}
	job, err := c.control.DeleteService(ctx, cluster, name, in.Force != nil && *in.Force)
	out, err := c.shownService(ctx, job, err)
	return &DeleteServiceResponse{Service: out}, err
}

func (c *call) describeServices(ctx context.Context, in *DescribeServicesRequest) (*DescribeServicesResponse, error) {
	v, cluster, err := c.readCluster(ctx, in.Cluster)
	if err != nil {
		return nil, err
	}
	switch n := len(in.Services); {
	case n == 0:
		return nil, structs.Errorf(structs.KindInvalidParameter, "Services cannot be empty.")
	case n > maxDescribeServices:
		return nil, tooMany("services", maxDescribeServices)
	}
	out := &DescribeServicesResponse{}
	for _, text := range in.Services {
		name, err := c.arns.parseMember("services", text, kindService, cluster)
		if err != nil {
			return nil, err
		}
		if job := v.Service(cluster, name); job != nil {
			out.Services = append(out.Services, c.service(v, job, in.Include))
		} else {
			// ECS shows the name that was asked for, without the cluster.
			out.Failures = append(out.Failures, missing(c.arns.asked(text, kindService+"/"+strings.TrimPrefix(text, kindService+"/"))))
		}
	}
	return out, nil
}

func (c *call) listServices(ctx context.Context, in *ListServicesRequest) (*ListServicesResponse, error) {
	v, cluster, err := c.readCluster(ctx, in.Cluster)
	if err != nil {
		return nil, err
	}
	wanted := func(job *structs.Job) bool {
		return job.Status != structs.ServiceInactive && in.ResourceManagementType != "ECS" &&
			(in.LaunchType == "" || in.LaunchType == job.Launch()) &&
			(in.SchedulingStrategy == "" || in.SchedulingStrategy == schedulingStrategy(job))
	}
	rows := func(yield func(string, string) bool) {
		for job := range v.Services(cluster) {
			if wanted(job) && !yield(job.Name, c.arns.service(cluster, job.Name)) {
				return
			}
		}
	}
	found, next, err := protocol.Listing[string]{
		Operation: "ListServices", Rows: rows, MaxResults: in.MaxResults, Size: servicesPage, Token: in.NextToken,
	}.Page()
	return &ListServicesResponse{ServiceArns: found, NextToken: next}, err
}

// shownService shows a service as a call has left it.
func (c *call) shownService(ctx context.Context, job *structs.Job, err error) (*Service, error) {
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := c.service(v, job, includes{includeTags})
	return &out, nil
}

// serviceNamed returns a service, or fails with ECS's error.
func (c *call) serviceNamed(v view, argument, text, cluster string) (*structs.Job, error) {
	name, err := c.arns.parseMember(argument, text, kindService, cluster)
	if err != nil {
		return nil, err
	}
	if job := v.Service(cluster, name); job != nil {
		return job, nil
	}
	return nil, structs.ErrServiceNotFound()
}

// withPolicy adds a deployment configuration to a change.
func withPolicy(change control.ServiceChange, given *DeploymentConfiguration) control.ServiceChange {
	if given == nil {
		return change
	}
	change.MinimumHealthyPercent, change.MaximumPercent = given.MinimumHealthyPercent, given.MaximumPercent
	if b := given.DeploymentCircuitBreaker; b != nil {
		change.CircuitBreaker = &control.CircuitBreaker{Enable: b.Enable, Rollback: b.Rollback, ResetOnHealthyTask: b.ResetOnHealthyTask}
		if t := b.ThresholdConfiguration; t != nil {
			change.CircuitBreaker.Threshold = &structs.BreakerThreshold{Type: t.Type, Value: t.Value}
		}
	}
	change.Shift, change.Early = shiftChange(given), earlySuccess(given.EarlySuccessCriteria)
	return change
}

func count(n *int32) *int {
	if n == nil {
		return nil
	}
	return new(int(*n))
}

// updatedStrategy reads a strategy that is one empty item as none, which is how ECS's documentation
// says to remove a strategy.
func updatedStrategy(given []structs.PlacementStrategy) []structs.PlacementStrategy {
	if len(given) == 1 && given[0] == (structs.PlacementStrategy{}) {
		return []structs.PlacementStrategy{}
	}
	return given
}
