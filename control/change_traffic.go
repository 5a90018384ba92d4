package control

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// EarlySuccess sets when a rolling deployment succeeds before all its tasks are healthy. Enabled,
// it needs the other two.
type EarlySuccess struct {
	Enable         bool
	HealthyPercent *int32
	Cleanup        string // BLOCKING or DEFERRED
}

func (e *EarlySuccess) applyTo(p *structs.UpdatePolicy) error {
	const at = "deploymentConfiguration.earlySuccessCriteria."
	switch {
	case e == nil:
		return nil
	case !e.Enable:
		p.Early = nil
		return nil
	case e.HealthyPercent == nil:
		return structs.Errorf(structs.KindInvalidParameter, at+"healthyPercent is required when the early success criteria are enabled.")
	case e.Cleanup == "":
		return structs.Errorf(structs.KindInvalidParameter, at+"sourceServiceRevisionCleanup is required when the early success criteria are enabled.")
	}
	p.Early = &structs.EarlySuccess{HealthyPercent: *e.HealthyPercent, Cleanup: e.Cleanup}
	return nil
}

// applyTraffic applies how the tasks of a service receive traffic, and checks what it has against
// its definition, which may be another now.
func (ch *ServiceChange) applyTraffic(snap *state.Snapshot, job *structs.Job) error {
	spec, given := job.Service, job.Service.LoadBalancers
	if ch.LoadBalancers != nil {
		given = ch.LoadBalancers
	}
	if job.External() && len(given) > 0 {
		return structs.Errorf(structs.KindInvalidParameter,
			"loadBalancers: a service with the EXTERNAL deployment controller has none of its own; give them to CreateTaskSet")
	}
	if len(given) > 0 && (ch.LoadBalancers != nil || ch.TaskDefinition != "") {
		all, err := balancersOf(snap, snap.TaskDefinition(job.TaskDefinition), given)
		if err != nil {
			return err
		}
		given = all
	}
	if spec.LoadBalancers = given; len(given) == 0 {
		spec.LoadBalancers = nil
	}
	exposed := spec.Expose != nil || spec.Gateway != nil || ch.Expose != nil || ch.GatewayConnector != nil
	if g := ch.HealthGrace; g != nil && *g > 0 && len(given) == 0 && !exposed && !job.External() {
		return structs.Errorf(structs.KindInvalidParameter, "Health check grace period is only valid for services configured to use load balancers")
	}
	if ch.Role != "" {
		def := snap.TaskDefinition(job.TaskDefinition)
		if len(given) != 1 || def == nil || def.NetworkMode == structs.NetworkAwsvpc {
			return structs.Errorf(structs.KindInvalidParameter, "Cannot specify an IAM role for services that require a service linked role.")
		}
		spec.Role = ch.Role
	}
	if ch.Monitoring != nil {
		spec.Monitoring = ch.Monitoring
	}
	return nil
}
