package control

import (
	"context"
	"slices"

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
// new tasks. So far only another task definition or capacity provider strategy does. Other changes
// affect how many tasks there are, where new ones go and how they are replaced (ECS).
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
			if err := changeCapacity(snap.Cluster(in.Cluster), &job, in.CapacityStrategy); err != nil {
				return nil, err
			}
		}
		if err := in.applyTo(snap, &job); err != nil {
			return nil, err
		}
		now := c.Now()
		cmd := structs.PutService{Job: job, Evaluation: c.evaluationOf(&job, structs.BecauseServiceUpdated, now)}
		if in.ForceNewDeployment || job.TaskDefinition != present.TaskDefinition || !slices.Equal(job.CapacityStrategy, present.CapacityStrategy) {
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

// changeCapacity gives a service another capacity provider strategy or, with an empty one, the
// default launch type.
func changeCapacity(cluster *structs.Cluster, job *structs.Job, strategy []structs.CapacityProviderStrategyItem) error {
	job.CapacityStrategy, job.LaunchType = strategy, ""
	if len(strategy) == 0 {
		job.LaunchType = structs.LaunchEC2
	}
	return chooseCapacity(cluster, job)
}
