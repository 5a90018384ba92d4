package control

import (
	"cmp"
	"context"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// ExpressChange is what a caller wants of an express gateway service. Zero values leave what it
// has; in a new one they have ECS's defaults.
type ExpressChange struct {
	// TaskDefinition is one of the caller's own, instead of Container and all that follows until
	// Architecture.
	TaskDefinition        string
	Container             *structs.ContainerDefinition // without its name, port mapped
	CPU, Memory           string
	TaskRole, ExecuteRole string
	Architecture          string
	HealthPath            string
	Scaling               structs.ExpressScaling
	// Network makes its tasks awsvpc ones. Without it, and with a definition that Gantry makes,
	// they are in the mode bridge.
	Network *structs.AwsVpcConfiguration
}

// CreateExpress makes an express gateway service: an exposed service, as Deploy makes one, out of
// an image or of a task definition. minTaskCount tasks run. Without a name it gets one.
func (c *Control) CreateExpress(ctx context.Context, cluster, name, role string, in ExpressChange, tags []structs.Tag) (*structs.Job, error) {
	if in.TaskDefinition == "" && in.Container == nil {
		return nil, structs.Errorf(structs.KindInvalidParameter, "primaryContainer: name the image to run, or give a taskDefinitionArn")
	}
	if name == "" {
		id := c.config.NewID()
		name = "express-" + id[len(id)-12:]
	}
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := activeCluster(snap, cluster); err != nil {
		return nil, err
	}
	if s := snap.Service(cluster, name); s != nil && s.Status != structs.ServiceInactive {
		return nil, structs.ErrServiceExists()
	}
	express := structs.ExpressService{InfrastructureRole: role, Scaling: structs.ExpressScaling{
		MinTasks: structs.ExpressMinTasks, MaxTasks: structs.ExpressMaxTasks, Metric: structs.ExpressMetric, Target: structs.ExpressTarget,
	}}
	base := &structs.TaskDefinition{
		Family: name, Cpu: structs.ExpressCPU, Memory: structs.ExpressMemory, ContainerDefinitions: []structs.ContainerDefinition{{}},
	}
	change, err := c.expressChange(ctx, snap, &in, base, &structs.Job{Service: &structs.ServiceSpec{Express: &express, Expose: &structs.Expose{HealthPath: structs.ExpressHealthPath}}})
	if err != nil {
		return nil, err
	}
	change.CircuitBreaker = &CircuitBreaker{Enable: true, Rollback: true}
	change.HealthGrace = new(int32(structs.ExposedGrace))
	return c.CreateService(ctx, CreateServiceInput{Cluster: cluster, Name: name, ServiceChange: *change, Tags: tags})
}

// UpdateExpress changes an express gateway service, with a rolling deployment if its tasks change.
func (c *Control) UpdateExpress(ctx context.Context, cluster, name string, in ExpressChange) (*structs.Job, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	present, err := activeService(snap, cluster, name)
	if err != nil {
		return nil, err
	}
	if present.Service.Express == nil {
		return nil, ErrNotExpress(name)
	}
	change, err := c.expressChange(ctx, snap, &in, snap.TaskDefinition(present.TaskDefinition), present)
	if err != nil {
		return nil, err
	}
	return c.UpdateService(ctx, UpdateServiceInput{Cluster: cluster, Name: name, ServiceChange: *change})
}

// DeleteExpress deletes an express gateway service and all that Gantry made for it.
func (c *Control) DeleteExpress(ctx context.Context, cluster, name string) (*structs.Job, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	if s := snap.Service(cluster, name); s != nil && s.Service.Express == nil {
		return nil, ErrNotExpress(name)
	}
	return c.DeleteService(ctx, cluster, name, true)
}

// ErrNotExpress reports that a service is none of the express gateway services.
func ErrNotExpress(name string) error {
	return structs.Errorf(structs.KindInvalidParameter, "The service %s is not an Express service; use UpdateService, DescribeServices and DeleteService.", name)
}

// expressChange returns the change of a service that makes it as asked for. base is the definition
// that the next one is made from; it is registered if it differs.
func (c *Control) expressChange(ctx context.Context, snap *state.Snapshot, in *ExpressChange, base *structs.TaskDefinition, of *structs.Job) (*ServiceChange, error) {
	express, expose := *of.Service.Express, *of.Service.Expose
	out := &ServiceChange{Network: in.Network, Express: &express, Expose: &expose}
	d, err := c.expressDefinition(ctx, snap, in, base, &express)
	if err != nil {
		return nil, err
	}
	if d != base {
		out.TaskDefinition = d.Key()
		if expose.Port, err = mainPort(d); err != nil {
			return nil, err
		}
	}
	if d.NetworkMode == structs.NetworkAwsvpc && in.Network == nil && of.Network == nil {
		out.Network = &structs.AwsVpcConfiguration{Subnets: []string{structs.DefaultSubnet}}
	}
	expose.Container, expose.HealthPath = structs.ExpressContainer, cmp.Or(in.HealthPath, expose.HealthPath)
	s, want := &express.Scaling, in.Scaling
	s.MinTasks, s.MaxTasks = cmp.Or(want.MinTasks, s.MinTasks), cmp.Or(want.MaxTasks, s.MaxTasks)
	if want.MaxTasks == 0 {
		s.MaxTasks = max(s.MaxTasks, s.MinTasks)
	}
	s.Metric, s.Target = cmp.Or(want.Metric, s.Metric), cmp.Or(want.Target, s.Target)
	if s.MinTasks < 1 || s.MaxTasks < s.MinTasks || s.Target < 1 {
		return nil, structs.Errorf(structs.KindInvalidParameter,
			"scalingTarget: minTaskCount %d, maxTaskCount %d, autoScalingTargetValue %d: each must be at least 1, and the maximum at least the minimum", s.MinTasks, s.MaxTasks, s.Target)
	}
	out.Count = new(int(s.MinTasks))
	return out, nil
}

// expressDefinition returns the definition that the service runs next: the caller's own, base if
// nothing about it changes, or a new revision of it.
func (c *Control) expressDefinition(ctx context.Context, snap *state.Snapshot, in *ExpressChange, base *structs.TaskDefinition, express *structs.ExpressService) (*structs.TaskDefinition, error) {
	parts := in.Container != nil || in.CPU != "" || in.Memory != "" || in.TaskRole != "" || in.ExecuteRole != "" || in.Architecture != ""
	switch {
	case in.TaskDefinition != "" && parts:
		return nil, structs.Errorf(structs.KindInvalidParameter,
			"taskDefinitionArn: give it without primaryContainer, executionRoleArn, taskRoleArn, cpu, memory and cpuArchitecture, which it has itself")
	case in.TaskDefinition != "":
		express.Own = true
		return runnableDefinition(snap, in.TaskDefinition)
	case !parts && in.Network == nil && base.Revision != 0:
		return base, nil
	case express.Own && parts && in.Container == nil:
		return nil, structs.Errorf(structs.KindInvalidParameter, "taskDefinitionArn: the service runs a task definition of its own; register its next revision, and give that")
	case express.Own && in.Container != nil:
		base = &structs.TaskDefinition{Family: base.Family, Cpu: structs.ExpressCPU, Memory: structs.ExpressMemory, ContainerDefinitions: []structs.ContainerDefinition{{}}}
		express.Own = false
	}
	d := structs.TaskDefinition{
		Family: base.Family, Cpu: cmp.Or(in.CPU, base.Cpu), Memory: cmp.Or(in.Memory, base.Memory), NetworkMode: base.NetworkMode,
		TaskRoleArn: cmp.Or(in.TaskRole, base.TaskRoleArn), ExecutionRoleArn: cmp.Or(in.ExecuteRole, base.ExecutionRoleArn),
		RuntimePlatform: base.RuntimePlatform, ContainerDefinitions: []structs.ContainerDefinition{base.ContainerDefinitions[0]},
	}
	if in.Container != nil {
		d.ContainerDefinitions[0] = *in.Container
	}
	d.ContainerDefinitions[0].Name = structs.ExpressContainer
	if in.Network != nil {
		d.NetworkMode = structs.NetworkAwsvpc
	}
	if in.Architecture != "" {
		d.RuntimePlatform = &structs.RuntimePlatform{CpuArchitecture: in.Architecture, OperatingSystemFamily: "LINUX"}
	}
	if base.Revision != 0 && len(structs.DiffDefinitions(base, &d)) == 0 {
		return base, nil
	}
	if err := c.PassRole(ctx, d.TaskRoleArn, d.ExecutionRoleArn); err != nil { // those that it had, too
		return nil, err
	}
	return c.RegisterTaskDefinition(ctx, d, nil)
}

// mainPort returns the port of the container that an express gateway service exposes.
func mainPort(d *structs.TaskDefinition) (int32, error) {
	for i := range d.ContainerDefinitions {
		if container := &d.ContainerDefinitions[i]; container.Name == structs.ExpressContainer {
			if len(container.PortMappings) == 1 && container.PortMappings[0].Name != "" && container.PortMappings[0].ContainerPort != nil {
				return *container.PortMappings[0].ContainerPort, nil
			}
		}
	}
	return 0, structs.Errorf(structs.KindInvalidParameter,
		"taskDefinitionArn: %s must have a container named %s with a single TCP port mapping that has a container port and a name", d.Key(), structs.ExpressContainer)
}
