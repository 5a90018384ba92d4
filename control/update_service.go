package control

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// UpdateServiceInput asks for a change of a service.
type UpdateServiceInput struct {
	Cluster string
	Name    string
	ServiceChange
	// Controller, if given, must be the service's deployment controller.
	Controller string
	// ForceNewDeployment replaces the service's tasks even if nothing about them changes.
	ForceNewDeployment bool
}

// UpdateService creates the next version of a service, and moves the service to it if that needs
// new tasks: another task definition, capacity provider strategy, platform version, network or load
// balancer does.
// Other changes affect how many tasks there are, where new ones go and how they are replaced (ECS).
func (c *Control) UpdateService(ctx context.Context, in UpdateServiceInput) (*structs.Job, error) {
	return retryConflicts(func() (*structs.Job, error) {
		snap, err := c.Read(ctx)
		if err != nil {
			return nil, err
		}
		present, err := activeService(snap, in.Cluster, in.Name)
		if err != nil {
			return nil, err
		}
		if err := in.checkController(present); err != nil {
			return nil, err
		}
		job, spec := *present, *present.Service
		job.Service = &spec
		job.Version++
		if in.CapacityStrategy != nil {
			if err := c.changeCapacity(snap, &job, in.CapacityStrategy); err != nil {
				return nil, err
			}
		}
		if err := c.apply(&in.ServiceChange, snap, &job); err != nil {
			return nil, err
		}
		now := c.Now()
		cmd := structs.PutService{Job: job, Evaluation: c.evaluationOf(&job, structs.BecauseServiceUpdated, now)}
		if in.ForceNewDeployment || !job.SameTasks(present) {
			cmd.Deployment = c.newDeployment(&job, now)
		}
		return c.putService(ctx, cmd)
	})
}

// checkController fails on changes for which a service's deployment controller does not allow
// UpdateService (ECS).
func (in *UpdateServiceInput) checkController(present *structs.Job) error {
	controller := present.Service.Controller
	if in.Controller != "" && in.Controller != controller {
		return structs.Errorf(structs.KindInvalidParameter,
			"deploymentController: service %s has %s, which cannot change; make another service with %s", present.Name, controller, in.Controller)
	}
	if !present.External() {
		return nil
	}
	what := ""
	switch {
	case in.TaskDefinition != "":
		what = "update task definition"
	case in.Network != nil:
		what = "update network configuration"
	case in.LoadBalancers != nil:
		what = "update load balancers"
	case in.PlatformVersion != "":
		what = "update platform version"
	case in.MinimumHealthyPercent != nil || in.MaximumPercent != nil || in.CircuitBreaker != nil:
		what = "update deployment configuration"
	case in.ForceNewDeployment:
		what = "force a new deployment"
	default:
		return nil
	}
	return structs.Errorf(structs.KindInvalidParameter,
		"Unable to %s on services with an EXTERNAL deployment controller. Create a new task set instead.", what)
}

// changeCapacity gives a service another capacity provider strategy. With an empty one its tasks
// have their launch type from then on, or EC2 if their definition does not allow FARGATE.
func (c *Control) changeCapacity(snap *state.Snapshot, job *structs.Job, strategy []structs.CapacityProviderStrategyItem) error {
	launchType := ""
	if len(strategy) == 0 {
		launchType = job.Launch()
		def := snap.TaskDefinition(job.TaskDefinition)
		if def == nil || !slices.Contains(def.CompatibleWith(c.config.Fargate), launchType) {
			launchType = structs.LaunchEC2
		}
	}
	job.CapacityStrategy, job.LaunchType = strategy, launchType
	return chooseCapacity(snap.Cluster(job.Cluster), job)
}
