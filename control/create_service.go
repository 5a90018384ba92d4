package control

import (
	"cmp"
	"context"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// CreateServiceInput asks for a new service. TaskDefinition is required unless External is set,
// Count unless Daemon or External is.
type CreateServiceInput struct {
	Cluster string
	Name    string
	Daemon  bool // one task on every instance instead of a count
	// External means that a controller outside Gantry scales its task sets, and it has no
	// deployments.
	External bool
	ServiceChange
	LaunchType string // empty: EC2, unless there is a strategy
	Tags       []structs.Tag
	// ClientToken, if given, makes the call idempotent, as the name does. RequestHash distinguishes
	// requests.
	ClientToken string
	RequestHash string
}

// CreateService creates a service. Repeating the request returns the service in its current state.
// Another request with the same name or client token is refused (ECS).
func (c *Control) CreateService(ctx context.Context, in CreateServiceInput) (*structs.Job, error) {
	if in.ClientToken != "" {
		in.ClientToken = "service/" + in.ClientToken // separate from RunTask's tokens
	}
	return retryConflicts(func() (*structs.Job, error) {
		snap, err := c.Read(ctx)
		if err != nil {
			return nil, err
		}
		if _, err := activeCluster(snap, in.Cluster); err != nil {
			return nil, err
		}
		if earlier, err := earlierService(snap, &in); earlier != nil || err != nil {
			return earlier, err
		}
		job, err := c.newService(snap, &in)
		if err != nil {
			return nil, err
		}
		job.Service.CreatedBy = callerARN(ctx)
		cmd := structs.PutService{Job: *job, Tags: in.Tags, Ingress: c.ingressOf(job)}
		if !in.External {
			cmd.Deployment = c.newDeployment(job, job.CreatedAt)
		}
		cmd.Evaluation = c.evaluationOf(job, structs.BecauseServiceCreated, job.CreatedAt)
		created, err := c.putService(ctx, cmd)
		// another request for the name came first, perhaps the same one
		if structs.KindOf(err) == structs.KindInvalidParameter {
			if earlier, refused := earlierService(c.config.Store.Snapshot(), &in); earlier != nil || refused != nil {
				return earlier, refused
			}
		}
		return created, err
	})
}

// earlierService returns the service that an earlier request with this name or client token
// created.
func earlierService(snap *state.Snapshot, in *CreateServiceInput) (*structs.Job, error) {
	earlier := snap.Service(in.Cluster, in.Name)
	if earlier == nil || earlier.Status == structs.ServiceInactive {
		earlier = snap.JobByToken(in.Cluster, in.ClientToken)
	}
	switch {
	case earlier == nil || earlier.Status == structs.ServiceInactive:
		return nil, nil
	case earlier.Status == structs.ServiceDraining:
		return nil, structs.ErrServiceDraining()
	case earlier.RequestHash != in.RequestHash:
		return nil, structs.ErrServiceExists()
	}
	return earlier, nil
}

// activeInstances returns the desired count of a daemon until the scheduler has counted its
// instances. With zero, the daemon would look stable before it has started.
func activeInstances(snap *state.Snapshot, cluster string) (n int) {
	for i := range snap.Instances(cluster) {
		if i.TakesTasks() {
			n++
		}
	}
	return n
}

// newService checks the input and completes the first version of the job.
func (c *Control) newService(snap *state.Snapshot, in *CreateServiceInput) (*structs.Job, error) {
	jobType := structs.JobService
	if in.Daemon {
		jobType = structs.JobDaemon
	}
	job := firstVersion(snap, c.config.NewID(), in.Cluster, in.Name, jobType, c.Now())
	job.LaunchType, job.CapacityStrategy = in.LaunchType, in.CapacityStrategy
	if !in.Daemon && !in.External { // with External, each task set has its own placement
		if err := chooseCapacity(snap.Cluster(in.Cluster), job); err != nil {
			return nil, err
		}
	}
	if len(job.CapacityStrategy) == 0 {
		job.LaunchType = cmp.Or(in.LaunchType, structs.LaunchEC2)
	}
	job.ClientToken, job.RequestHash = in.ClientToken, in.RequestHash
	switch {
	case in.TaskDefinition == "" && !in.External:
		return nil, structs.Errorf(structs.KindInvalidParameter, "TaskDefinition can not be blank.")
	case in.Count == nil && !in.Daemon:
		return nil, structs.Errorf(structs.KindInvalidParameter, "desiredCount is required unless schedulingStrategy is DAEMON.")
	}
	if in.External {
		job.Service.Controller = structs.ControllerExternal
	}
	if err := c.apply(&in.ServiceChange, snap, job); err != nil {
		return nil, err
	}
	return job, nil
}

// firstVersion returns a service or daemon with ECS's defaults, before the request is applied to
// it.
func firstVersion(snap *state.Snapshot, id, cluster, name, jobType string, at structs.Time) *structs.Job {
	job := &structs.Job{
		ID: id, Cluster: cluster, Name: name, Type: jobType, Version: 1, Status: structs.ServiceActive,
		Group: structs.ServiceGroup(name), LaunchType: structs.LaunchEC2, CreatedAt: at,
		Service: &structs.ServiceSpec{
			Update: structs.DefaultUpdatePolicy(jobType), Controller: structs.ControllerECS,
			PropagateTags: structs.PropagateNone, Rebalancing: structs.RebalancingEnabled,
		},
	}
	if jobType == structs.JobDaemon {
		job.Count = activeInstances(snap, cluster)
	}
	return job
}
