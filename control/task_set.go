package control

import (
	"cmp"
	"context"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// TaskSetName names a task set.
type TaskSetName struct {
	Cluster string
	Service string
	ID      string // ecs-svc/ and 19 digits
}

// CreateTaskSetInput asks for a new task set.
type CreateTaskSetInput struct {
	Cluster        string
	Service        string
	TaskDefinition string // family or family:revision
	ExternalID     string
	Scale          float64 // percent of the service's count
	// Where its tasks go. What is left out comes from the service, or else from the cluster.
	LaunchType       string
	PlatformVersion  string
	CapacityStrategy []structs.CapacityProviderStrategyItem
	Network          *structs.AwsVpcConfiguration
	LoadBalancers    []structs.ServiceLoadBalancer // as in ServiceChange
	Tags             []structs.Tag
	// ClientToken, if given, makes the call idempotent. RequestHash distinguishes requests.
	ClientToken string
	RequestHash string
}

// CreateTaskSet creates a task set. The same request with the same token returns the existing one.
func (c *Control) CreateTaskSet(ctx context.Context, in CreateTaskSetInput) (*structs.Deployment, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	job, err := externalService(snap, in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	def, err := runnableDefinition(snap, in.TaskDefinition)
	if err != nil {
		return nil, err
	}
	set := structs.TaskSet{
		ExternalID: in.ExternalID, Scale: in.Scale, ClientToken: in.ClientToken, RequestHash: in.RequestHash,
		LaunchType: in.LaunchType, PlatformVersion: in.PlatformVersion, CapacityStrategy: in.CapacityStrategy, Network: in.Network,
	}
	if err := c.launchSet(snap, &set, job, def); err != nil {
		return nil, err
	}
	if set.LoadBalancers, err = balancersOf(snap, def, in.LoadBalancers); err != nil {
		return nil, err
	}
	if err := checkSupported(def, nil); err != nil {
		return nil, err
	}
	if err := checkScale(in.Scale); err != nil {
		return nil, err
	}
	now := c.Now()
	return c.putTaskSet(ctx, structs.PutTaskSet{
		Set: structs.Deployment{
			ID: deploymentPrefix + nineteenDigits(c.config.NewID()), Cluster: job.Cluster, Job: job.ID, TaskDefinition: def.Key(),
			Status: structs.DeploymentActive, Rollout: structs.RolloutCompleted, CreatedAt: now, UpdatedAt: now,
			TaskSet: &set,
		},
		Evaluation: c.evaluationOf(job, structs.BecauseTaskSetCreated, now), Tags: in.Tags,
	})
}

// launchSet completes where a new task set's tasks go, and checks it.
func (c *Control) launchSet(snap *state.Snapshot, set *structs.TaskSet, job *structs.Job, def *structs.TaskDefinition) error {
	if set.LaunchType == "" && len(set.CapacityStrategy) == 0 && job.Launch() != structs.LaunchEC2 {
		set.LaunchType, set.PlatformVersion = job.LaunchType, cmp.Or(set.PlatformVersion, job.PlatformVersion)
	}
	if set.Network == nil && def.NetworkMode == structs.NetworkAwsvpc {
		set.Network = job.Network
	}
	// For these checks the set is like a service of its own.
	of := set.Of(job)
	of.Service = nil
	if err := chooseCapacity(snap.Cluster(job.Cluster), of); err != nil {
		return err
	}
	if err := c.checkLaunch(of, def); err != nil {
		return err
	}
	set.LaunchType, set.CapacityStrategy, set.Network = of.LaunchType, of.CapacityStrategy, of.Network
	return of.ValidatePlacement(def)
}

// ScaleTaskSet changes a task set's share of the service's count.
func (c *Control) ScaleTaskSet(ctx context.Context, name TaskSetName, scale float64) (*structs.Deployment, error) {
	job, set, err := c.taskSet(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := checkScale(scale); err != nil {
		return nil, err
	}
	next, part, now := *set, *set.TaskSet, c.Now()
	part.Scale = scale
	next.TaskSet, next.UpdatedAt = &part, now
	return c.putTaskSet(ctx, structs.PutTaskSet{Set: next, Evaluation: c.evaluationOf(job, structs.BecauseTaskSetScaled, now)})
}

// DeleteTaskSet makes a task set DRAINING. It is removed with its last task. Without force it must
// be scaled to 0 first, and must not be PRIMARY. Deleting it again changes nothing.
func (c *Control) DeleteTaskSet(ctx context.Context, name TaskSetName, force bool) (*structs.Deployment, error) {
	job, set, err := c.taskSet(ctx, name)
	if err != nil || set.Status == structs.TaskSetDraining {
		return set, err
	}
	now := c.Now()
	_, err = c.config.Log.Apply(ctx, structs.DeleteTaskSet{Set: set.ID, Force: force, Evaluation: c.evaluationOf(job, structs.BecauseTaskSetDeleted, now), At: now})
	return c.config.Store.Snapshot().Deployment(set.ID), err
}

// SetPrimaryTaskSet makes a task set PRIMARY, and the previous primary ACTIVE.
func (c *Control) SetPrimaryTaskSet(ctx context.Context, name TaskSetName) (*structs.Deployment, error) {
	_, set, err := c.taskSet(ctx, name)
	if err != nil {
		return nil, err
	}
	_, err = c.config.Log.Apply(ctx, structs.SetPrimaryTaskSet{Set: set.ID, At: c.Now()})
	return c.config.Store.Snapshot().Deployment(set.ID), err
}

func (c *Control) putTaskSet(ctx context.Context, cmd structs.PutTaskSet) (*structs.Deployment, error) {
	applied, err := c.config.Log.Apply(ctx, cmd)
	if err != nil {
		return nil, err
	}
	return c.config.Store.Snapshot().Deployment(applied.Key), nil
}

// taskSet returns a task set and its service, or fails with ECS's error.
func (c *Control) taskSet(ctx context.Context, name TaskSetName) (*structs.Job, *structs.Deployment, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, nil, err
	}
	job, err := externalService(snap, name.Cluster, name.Service)
	if err != nil {
		return nil, nil, err
	}
	set := snap.Deployment(name.ID)
	if set == nil || set.Job != job.ID || set.Status == structs.DeploymentInactive {
		return nil, nil, structs.ErrTaskSetNotFound()
	}
	return job, set, nil
}

// externalService returns the ACTIVE service with that name if it is deployed through task sets.
func externalService(snap *state.Snapshot, cluster, name string) (*structs.Job, error) {
	job, err := activeService(snap, cluster, name)
	if err == nil && !job.External() {
		return nil, structs.Errorf(structs.KindInvalidParameter,
			"Service %s has no task sets: its deployment controller is %s, not EXTERNAL. Use UpdateService.", job.Name, job.Service.Controller)
	}
	return job, err
}

func checkScale(percent float64) error {
	if percent < 0 || percent > 100 {
		return structs.Errorf(structs.KindInvalidParameter, "scale.value: %g is out of range; it must be between 0 and 100", percent)
	}
	return nil
}
