package control

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// ReportTasks takes what an agent saw of its tasks. Once it returns, the report is in the log.
func (c *Control) ReportTasks(ctx context.Context, instance string, updates []structs.TaskUpdate) error {
	if len(updates) == 0 {
		return nil
	}
	_, err := c.Log.Apply(ctx, structs.ReportTasks{Instance: instance, Updates: updates, At: c.now()})
	return err
}
