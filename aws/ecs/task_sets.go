package ecs

import (
	"context"
	"unicode/utf8"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// percent is the unit of a task set's scale (ECS has no other).
const percent = "PERCENT"

func (c *call) createTaskSet(ctx context.Context, in *CreateTaskSetRequest) (*CreateTaskSetResponse, error) {
	if err := checkCreateTaskSet(in); err != nil {
		return nil, err
	}
	cluster, definition, err := c.jobOf(in.Cluster, in.TaskDefinition)
	if err != nil {
		return nil, err
	}
	service, err := c.arns.parseMember("service", in.Service, kindService, cluster)
	if err != nil {
		return nil, err
	}
	hash, err := protocol.RequestHash(in, func(same *CreateTaskSetRequest) {
		same.ClientToken, same.Cluster, same.Service = "", cluster, service
	})
	if err != nil {
		return nil, err
	}
	made := control.CreateTaskSetInput{
		Cluster: cluster, Service: service, TaskDefinition: definition, ExternalID: in.ExternalId,
		LaunchType: in.LaunchType, PlatformVersion: in.PlatformVersion, Network: awsvpcOf(in.NetworkConfiguration),
		Tags: in.Tags, ClientToken: in.ClientToken, RequestHash: hash,
	}
	if made.CapacityStrategy, err = c.capacityStrategy("capacityProviderStrategy", in.CapacityProviderStrategy); err != nil {
		return nil, err
	}
	if made.LoadBalancers, err = c.loadBalancers(in.LoadBalancers); err != nil {
		return nil, err
	}
	if in.Scale != nil {
		made.Scale = in.Scale.Value
	}
	set, err := c.control.CreateTaskSet(ctx, made)
	out, err := c.shownTaskSet(ctx, set, err)
	return &CreateTaskSetResponse{TaskSet: out}, err
}

func (c *call) updateTaskSet(ctx context.Context, in *UpdateTaskSetRequest) (*UpdateTaskSetResponse, error) {
	name, err := c.taskSetName(in.Cluster, in.Service, "taskSet", in.TaskSet)
	if err != nil {
		return nil, err
	}
	set, err := c.control.ScaleTaskSet(ctx, name, in.Scale.Value)
	out, err := c.shownTaskSet(ctx, set, err)
	return &UpdateTaskSetResponse{TaskSet: out}, err
}

func (c *call) deleteTaskSet(ctx context.Context, in *DeleteTaskSetRequest) (*DeleteTaskSetResponse, error) {
	name, err := c.taskSetName(in.Cluster, in.Service, "taskSet", in.TaskSet)
	if err != nil {
		return nil, err
	}
	set, err := c.control.DeleteTaskSet(ctx, name, in.Force != nil && *in.Force)
	out, err := c.shownTaskSet(ctx, set, err)
	return &DeleteTaskSetResponse{TaskSet: out}, err
}

func (c *call) updateServicePrimaryTaskSet(ctx context.Context, in *UpdateServicePrimaryTaskSetRequest) (*UpdateServicePrimaryTaskSetResponse, error) {
	name, err := c.taskSetName(in.Cluster, in.Service, "primaryTaskSet", in.PrimaryTaskSet)
	if err != nil {
		return nil, err
	}
	set, err := c.control.SetPrimaryTaskSet(ctx, name)
	out, err := c.shownTaskSet(ctx, set, err)
	return &UpdateServicePrimaryTaskSetResponse{TaskSet: out}, err
}

func (c *call) describeTaskSets(ctx context.Context, in *DescribeTaskSetsRequest) (*DescribeTaskSetsResponse, error) {
	v, cluster, err := c.readCluster(ctx, in.Cluster)
	if err != nil {
		return nil, err
	}
	job, err := c.serviceNamed(v, "service", in.Service, cluster)
	if err != nil {
		return nil, err
	}
	out := &DescribeTaskSetsResponse{}
	if len(in.TaskSets) == 0 {
		for _, set := range taskSets(v, job) {
			out.TaskSets = append(out.TaskSets, c.taskSet(v, job, set, in.Include))
		}
	}
	for _, text := range in.TaskSets {
		id, err := c.arns.parseTaskSet("taskSets", text, cluster, job.Name)
		if err != nil {
			return nil, err
		}
		if set := taskSetOf(v, job, id); set != nil {
			out.TaskSets = append(out.TaskSets, c.taskSet(v, job, set, in.Include))
		} else {
			out.Failures = append(out.Failures, missing(c.arns.asked(text, structs.TaskSetKey(job, id))))
		}
	}
	return out, nil
}

// taskSetName resolves the arguments of a call on one task set.
func (c *call) taskSetName(cluster, service, argument, set string) (name control.TaskSetName, err error) {
	if name.Cluster, err = c.arns.parseCluster(cluster); err != nil {
		return name, err
	}
	if name.Service, err = c.arns.parseMember("service", service, kindService, name.Cluster); err != nil {
		return name, err
	}
	name.ID, err = c.arns.parseTaskSet(argument, set, name.Cluster, name.Service)
	return name, err
}

// shownTaskSet shows a task set as a call has left it.
func (c *call) shownTaskSet(ctx context.Context, set *structs.Deployment, err error) (*TaskSet, error) {
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := c.taskSet(v, v.Job(set.Job), set, includes{includeTags})
	return &out, nil
}

// checkCreateTaskSet checks the rules of CreateTaskSet that the API model does not state, and
// refuses by name what this version cannot do.
func checkCreateTaskSet(in *CreateTaskSetRequest) error {
	if n := utf8.RuneCountInString(in.ClientToken); n > maxClientToken {
		return structs.Errorf(structs.KindInvalidParameter, "clientToken has %d characters; it can have at most %d.", n, maxClientToken)
	}
	if in.LaunchType != "" && len(in.CapacityProviderStrategy) > 0 {
		return structs.Errorf(structs.KindInvalidParameter, "Specify either Launch Type or Capacity Provider Strategy, but not both.")
	}
	return firstError(
		protocol.CheckTags("tags", in.Tags),
		refuse(len(in.ServiceRegistries) > 0, "serviceRegistries"),
	)
}
