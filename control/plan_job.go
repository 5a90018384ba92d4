package control

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// PlanJob returns what PutJob would do, and changes nothing.
func (c *Control) PlanJob(ctx context.Context, spec *structs.JobSpec) (*structs.JobPlan, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	change, err := c.changeJob(snap, spec, c.mintJobIDs(ctx), c.Now())
	if err != nil {
		return nil, err
	}
	job := change.next
	plan := &structs.JobPlan{
		Result: change.result(), Name: job.Name, Cluster: job.Cluster, Type: job.Type, Version: job.Version,
		TaskDefinition: job.TaskDefinition, Changes: change.fields,
		Replaces: change.present != nil && (change.deployment != nil || job.ID != change.present.ID),
	}
	if len(change.commands) > 0 {
		plan.Simulation, err = c.simulate(snap, spec.Cluster, change.commands, "running the file")
	}
	return plan, err
}
