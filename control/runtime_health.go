package control

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// ReportRuntime records an agent's report on its container engine: the Status and Reason of health.
// Only changes go to the log. It fails with KindResourceNotFound if the instance is not registered.
func (c *Control) ReportRuntime(ctx context.Context, instance string, health structs.RuntimeHealth) error {
	if health.Status != structs.HealthOK && health.Status != structs.HealthImpaired {
		return structs.Errorf(structs.KindInvalidParameter, "status: %q is not %s or %s", health.Status, structs.HealthOK, structs.HealthImpaired)
	}
	snap, err := c.Read(ctx)
	if err != nil {
		return err
	}
	if i := snap.Instance(instance); i != nil && i.Runtime.Status == health.Status && i.Runtime.Reason == health.Reason {
		return nil
	}
	health.UpdatedAt, health.ChangedAt = 0, 0 // the log's clock sets them
	_, err = c.config.Log.Apply(ctx, structs.SetRuntimeHealth{Instance: instance, Health: health, At: c.Now()})
	return err
}
