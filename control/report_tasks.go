package control

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// ReportTasks takes what an agent saw of its tasks. Once it returns, the report is in the log.
func (c *Control) ReportTasks(ctx context.Context, instance string, updates []structs.TaskUpdate) error {
	if len(updates) == 0 {
		return nil
	}
	now, updates := c.now(), slices.Clone(updates)
	for n := range updates { // an engine whose clock is ahead would keep its tasks from ever having been up for a while
		updates[n].StartedAt = min(updates[n].StartedAt, now)
	}
	_, err := c.Log.Apply(ctx, structs.ReportTasks{Instance: instance, Updates: updates, At: now})
	return err
}
