package ecs

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// acknowledgment answers what agents submit. They ignore it.
const acknowledgment = "ACK"

// discoverPollEndpoint returns the address at which the caller reached this server; there is no
// other. Like ECS it does not check that the cluster and the instance exist.
func (c *call) discoverPollEndpoint(_ context.Context, in *DiscoverPollEndpointRequest) (*DiscoverPollEndpointResponse, error) {
	cluster, err := c.arns.parseCluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if in.ContainerInstance != "" {
		if _, err := c.arns.parseMember("containerInstance", in.ContainerInstance, kindInstance, cluster); err != nil {
			return nil, err
		}
	}
	return &DiscoverPollEndpointResponse{Endpoint: c.endpoint + "/", TelemetryEndpoint: c.endpoint + "/", ServiceConnectEndpoint: c.endpoint}, nil
}

func (c *call) updateContainerAgent(ctx context.Context, in *UpdateContainerAgentRequest) (*UpdateContainerAgentResponse, error) {
	cluster, err := c.arns.parseCluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	id, err := c.arns.parseMember("containerInstance", in.ContainerInstance, kindInstance, cluster)
	if err != nil {
		return nil, err
	}
	return nil, c.control.UpdateAgent(ctx, cluster, id)
}

func (c *call) submitTaskStateChange(ctx context.Context, in *SubmitTaskStateChangeRequest) (*SubmitTaskStateChangeResponse, error) {
	if len(in.ManagedAgents) > 0 {
		return nil, unsupported("managedAgents")
	}
	if len(in.Attachments) > 0 {
		v, cluster, err := c.readCluster(ctx, in.Cluster)
		if err != nil {
			return nil, err
		}
		if err := c.checkAttachments(v, cluster, in.Attachments); err != nil {
			return nil, err
		}
	}
	update := structs.TaskUpdate{
		StoppedReason: in.Reason, PullStartedAt: in.PullStartedAt, PullStoppedAt: in.PullStoppedAt, ExecutionStoppedAt: in.ExecutionStoppedAt,
	}
	var err error
	if update.Status, err = submittedStatus("status", in.Status); err != nil {
		return nil, err
	}
	if update.Status != structs.TaskStopped {
		update.StoppedReason = ""
	}
	for _, s := range in.Containers {
		status, err := submittedStatus("containers.status", s.Status)
		if err != nil {
			return nil, err
		}
		update.Containers = append(update.Containers, structs.Container{
			Name: s.ContainerName, LastStatus: status, RuntimeID: s.RuntimeId, ImageDigest: s.ImageDigest, ExitCode: s.ExitCode, Reason: s.Reason,
			NetworkBindings: s.NetworkBindings,
		})
	}
	return &SubmitTaskStateChangeResponse{Acknowledgment: acknowledgment}, c.submit(ctx, in.Cluster, in.Task, update)
}

func (c *call) submitContainerStateChange(ctx context.Context, in *SubmitContainerStateChangeRequest) (*SubmitContainerStateChangeResponse, error) {
	status, err := submittedStatus("status", in.Status)
	if err != nil {
		return nil, err
	}
	update := structs.TaskUpdate{Containers: []structs.Container{{
		Name: in.ContainerName, LastStatus: status, RuntimeID: in.RuntimeId, ExitCode: in.ExitCode, Reason: in.Reason, NetworkBindings: in.NetworkBindings,
	}}}
	return &SubmitContainerStateChangeResponse{Acknowledgment: acknowledgment}, c.submit(ctx, in.Cluster, in.Task, update)
}

func (c *call) submitAttachmentStateChanges(ctx context.Context, in *SubmitAttachmentStateChangesRequest) (*SubmitAttachmentStateChangesResponse, error) {
	v, cluster, err := c.readCluster(ctx, in.Cluster)
	if err != nil {
		return nil, err
	}
	if len(in.Attachments) == 0 {
		return nil, structs.Errorf(structs.KindInvalidParameter, "attachments cannot be empty.")
	}
	return &SubmitAttachmentStateChangesResponse{Acknowledgment: acknowledgment}, c.checkAttachments(v, cluster, in.Attachments)
}

// submit hands on what was seen of the task that an argument names.
func (c *call) submit(ctx context.Context, clusterText, task string, update structs.TaskUpdate) error {
	cluster, err := c.arns.parseCluster(clusterText)
	if err != nil {
		return err
	}
	if update.Task, err = c.arns.parseMember("task", task, kindTask, cluster); err != nil {
		return err
	}
	return c.control.SubmitTaskState(ctx, cluster, update)
}

// manifestPulled is the status that ECS's agent reports for a task or container when it has only
// resolved the image's digest.
const manifestPulled = "MANIFEST_PULLED"

// submittedStatus reads the status of a task or container. An empty one reports no change.
func submittedStatus(argument, text string) (status structs.TaskStatus, err error) {
	if text == manifestPulled {
		return structs.TaskPending, nil
	}
	if status.UnmarshalText([]byte(text)) != nil {
		return 0, structs.Errorf(structs.KindInvalidParameter, "%s: '%s' is not a status of a task or container, such as PENDING, RUNNING or STOPPED", argument, text)
	}
	return status, nil
}

// checkAttachments refuses changes of attachments that do not exist: there are only the network
// interfaces of awsvpc tasks. Other changes have no effect, as the status that is shown follows the
// task's.
func (c *call) checkAttachments(v view, cluster string, changes []AttachmentStateChange) error {
	known := map[string]bool{}
	for i := range v.Instances(cluster) {
		if i.Network.Block == "" {
			continue
		}
		for t := range v.InstanceTasks(i.ID) {
			if t.Address != "" {
				known[c.arns.Of(kindAttachment+"/"+structs.TaskAttachmentID(t.ID))] = true
			}
		}
	}
	for n, change := range changes {
		if !known[change.AttachmentArn] {
			return structs.Errorf(structs.KindInvalidParameter, "attachments[%d]: there is no attachment '%s'", n, change.AttachmentArn)
		}
	}
	return nil
}
