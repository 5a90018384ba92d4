package control

import (
	"context"
	"strconv"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// deploymentPrefix is the prefix of every deployment's id (ECS).
const deploymentPrefix = "ecs-svc/"

// putTries is how often a service is put before the caller is told that others keep changing it.
const putTries = 5

// ServiceChange is what a caller wants to change in a service. Nil or empty fields leave it
// unchanged; in a new service they get ECS's defaults.
type ServiceChange struct {
	TaskDefinition        string // family or family:revision
	Count                 *int
	MinimumHealthyPercent *int32
	MaximumPercent        *int32
	CircuitBreaker        *CircuitBreaker
	Shift                 ShiftChange
	HealthGrace           *int32 // seconds
	// An empty list that is not nil removes the existing ones. The same holds for the strategy.
	PlacementConstraints []structs.PlacementConstraint
	PlacementStrategy    []structs.PlacementStrategy
	// CapacityStrategy divides the tasks among capacity providers. An empty one that is not nil
	// ends that, and tasks go to EC2.
	CapacityStrategy []structs.CapacityProviderStrategyItem
	// PlatformVersion is for tasks of FARGATE. Network is for those of the mode awsvpc.
	PlatformVersion string
	Network         *structs.AwsVpcConfiguration
	PropagateTags   string
	ManagedTags     *bool
	// EnableExecuteCommand is for tasks that start from then on (ECS).
	EnableExecuteCommand *bool
	Rebalancing          string
	Early                *EarlySuccess
	// LoadBalancers, if not nil, replace those of the service. They may name target groups and
	// rules by ARN, as callers do.
	LoadBalancers []structs.ServiceLoadBalancer
	// Role is for a service with one load balancer. It is shown, and has no effect.
	Role string
	// Monitoring, if not nil, replaces that of the service.
	Monitoring []structs.MetricSetting
	// GatewayConnector, if not nil, is the service's use of gateways from then on: none, if it
	// points to nil.
	GatewayConnector **structs.GatewayConnector
	// Registries, if not nil, replace those of the service.
	Registries []structs.ServiceRegistry
	// Connect, if not nil, is the service's part in Service Connect from then on: none, if it
	// points to nil.
	Connect **structs.ServiceConnect
	// Expose and Express, if not nil, are those of an express gateway service.
	Expose  *structs.Expose
	Express *structs.ExpressService
}

// CircuitBreaker sets whether a deployment whose tasks keep failing ends, and whether the last good
// one is restored. Nil fields leave the service unchanged.
type CircuitBreaker struct {
	Enable, Rollback   bool
	Threshold          *structs.BreakerThreshold
	ResetOnHealthyTask *bool
}

func (b *CircuitBreaker) applyTo(p *structs.UpdatePolicy) {
	if b == nil {
		return
	}
	p.CircuitBreaker, p.Rollback = b.Enable, b.Rollback
	set(&p.ResetOnHealthyTask, b.ResetOnHealthyTask)
	if b.Threshold != nil {
		p.ThresholdConfiguration, p.FailureThreshold = b.Threshold, 0
	}
}

// apply applies a change to a service. It writes only to the service itself, not to rows of state.
func (c *Control) apply(ch *ServiceChange, snap *state.Snapshot, job *structs.Job) error {
	was := snap.TaskDefinition(job.TaskDefinition)
	if ch.TaskDefinition != "" {
		def, err := runnableDefinition(snap, ch.TaskDefinition)
		if err != nil {
			return err
		}
		job.TaskDefinition = def.Key()
	}
	if err := c.changeLaunch(ch, was, snap.TaskDefinition(job.TaskDefinition), job); err != nil {
		return err
	}
	if def := snap.TaskDefinition(job.TaskDefinition); ch.TaskDefinition != "" {
		if err := checkSupported(def, nil); err != nil {
			return err
		}
	}
	if err := ch.applyTo(snap, job); err != nil {
		return err
	}
	if err := c.connect(ch, snap, job); err != nil {
		return err
	}
	if ch.GatewayConnector != nil {
		job.Service.Gateway = *ch.GatewayConnector
	}
	if ch.Express != nil {
		job.Service.Expose, job.Service.Express = ch.Expose, ch.Express
	}
	return c.expose(snap, job, snap.TaskDefinition(job.TaskDefinition))
}

// changeLaunch applies the platform version and the network of a change. was and def are the
// definitions before and after it; nil if there is none.
func (c *Control) changeLaunch(ch *ServiceChange, was, def *structs.TaskDefinition, job *structs.Job) error {
	awsvpc := func(d *structs.TaskDefinition) bool { return d != nil && d.NetworkMode == structs.NetworkAwsvpc }
	switch {
	case ch.Network != nil:
		job.Network = ch.Network
	case awsvpc(was) && !awsvpc(def): // nobody has asked for it any more
		job.Network = nil
	}
	if !job.OnFargate() {
		job.PlatformVersion = ""
	}
	if ch.PlatformVersion != "" {
		job.PlatformVersion = ch.PlatformVersion
	}
	job.Network = job.Network.Normalize()
	if err := job.ValidateLaunch(def, c.config.Fargate); err != nil {
		return err
	}
	if awsvpc(def) && !awsvpc(was) { // a service from a job file may have none
		if err := job.RequireNetwork(def); err != nil {
			return err
		}
	}
	return nil
}

// applyTo applies the rest of the change.
func (ch *ServiceChange) applyTo(snap *state.Snapshot, job *structs.Job) error {
	if ch.Count != nil {
		if job.Type == structs.JobDaemon {
			return structs.Errorf(structs.KindInvalidParameter,
				"The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again.")
		}
		job.Count = *ch.Count
	}
	set(&job.EnableExecuteCommand, ch.EnableExecuteCommand)
	if ch.PlacementConstraints != nil {
		job.PlacementConstraints = ch.PlacementConstraints
	}
	if ch.PlacementStrategy != nil {
		job.PlacementStrategy = ch.PlacementStrategy
	}
	spec := job.Service
	set(&spec.HealthGrace, ch.HealthGrace)
	set(&spec.ManagedTags, ch.ManagedTags)
	set(&spec.Update.MinimumHealthyPercent, ch.MinimumHealthyPercent)
	set(&spec.Update.MaximumPercent, ch.MaximumPercent)
	ch.CircuitBreaker.applyTo(&spec.Update)
	if err := ch.Shift.applyTo(&spec.Update); err != nil {
		return err
	}
	if err := ch.Early.applyTo(&spec.Update); err != nil {
		return err
	}
	if err := ch.applyTraffic(snap, job); err != nil {
		return err
	}
	if err := ch.applyNames(snap, job); err != nil {
		return err
	}
	if err := ch.Early.applyTo(&spec.Update); err != nil {
		return err
	}
	if err := ch.applyTraffic(snap, job); err != nil {
		return err
	}
	if ch.PropagateTags != "" {
		spec.PropagateTags = ch.PropagateTags
	}
	if ch.Rebalancing != "" {
		spec.Rebalancing = ch.Rebalancing
	} else if job.CannotRebalance() != "" { // only a request for it is an error
		spec.Rebalancing = structs.RebalancingDisabled
	}
	if err := job.ValidateService(); err != nil {
		return err
	}
	return job.ValidatePlacement(snap.TaskDefinition(job.TaskDefinition))
}

func set[T any](to, value *T) {
	if value != nil {
		*to = *value
	}
}

// newDeployment returns the deployment that moves a service to the version that job is.
func (c *Control) newDeployment(job *structs.Job, at structs.Time) *structs.Deployment {
	return deploymentOf(job, deploymentPrefix+nineteenDigits(c.config.NewID()), at)
}

func deploymentOf(job *structs.Job, id string, at structs.Time) *structs.Deployment {
	d := &structs.Deployment{
		ID: id, Cluster: job.Cluster, Job: job.ID, JobVersion: job.Version, TaskDefinition: job.TaskDefinition,
		Status: structs.DeploymentPrimary, Rollout: structs.RolloutInProgress,
		RolloutReason: "ECS deployment " + id + " in progress.",
		CreatedAt:     at, UpdatedAt: at,
	}
	if job.Service.Update.Shift != nil {
		d.Stage = structs.StageReconcileService
	}
	return d
}

// nineteenDigits turns an id into a number like those of ECS's deployments.
func nineteenDigits(id string) string {
	const least, numbers = 1_000_000_000_000_000_000, 9_000_000_000_000_000_000
	n, _ := strconv.ParseUint(id[max(0, len(id)-16):], 16, 64) // hex digits
	return strconv.FormatUint(least+n%numbers, 10)
}

// evaluationOf returns an evaluation that asks for another look at the service.
func (c *Control) evaluationOf(job *structs.Job, because structs.EvaluationReason, at structs.Time) structs.Evaluation {
	return evaluationOf(job, c.config.NewID(), because, at)
}

func evaluationOf(job *structs.Job, id string, because structs.EvaluationReason, at structs.Time) structs.Evaluation {
	return structs.Evaluation{
		ID: id, Cluster: job.Cluster, Job: job.ID, Because: because, Status: structs.EvaluationReady, CreatedAt: at,
	}
}

// retryConflicts retries a put, each time on the newest state, while other changes of the service
// come first.
func retryConflicts(put func() (*structs.Job, error)) (*structs.Job, error) {
	for try := 1; ; try++ {
		job, err := put()
		if err == nil || structs.KindOf(err) != structs.KindConflict || try == putTries {
			return job, err
		}
	}
}

// activeService returns the ACTIVE service of that name, or ECS's error.
func activeService(snap *state.Snapshot, cluster, name string) (*structs.Job, error) {
	if _, err := activeCluster(snap, cluster); err != nil {
		return nil, err
	}
	switch job := snap.Service(cluster, name); {
	case job == nil:
		return nil, structs.ErrServiceNotFound()
	case job.Status != structs.ServiceActive:
		return nil, structs.ErrServiceNotActive()
	default:
		return job, nil
	}
}

// putService applies a version of a service and returns the service.
func (c *Control) putService(ctx context.Context, cmd structs.PutService) (*structs.Job, error) {
	applied, err := c.config.Log.Apply(ctx, cmd)
	if err != nil {
		return nil, err
	}
	return c.config.Store.Snapshot().Job(applied.Key), nil
}
