package control

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// mostSkew is how far an agent's clock may be off before its times are set right. Less is no harm,
// and may be what the report took.
const mostSkew = structs.Time(1000)

// ReportTasks takes what an agent saw of its tasks, and when it sent that, by its own clock; zero:
// by ours. Once it returns, the report is in the log.
func (c *Control) ReportTasks(ctx context.Context, instance string, sent structs.Time, updates []structs.TaskUpdate) error {
	if len(updates) == 0 {
		return nil
	}
	now, updates := c.now(), slices.Clone(updates)
	skew := now - sent
	for n := range updates {
		if sent != 0 && max(skew, -skew) > mostSkew {
			shift(&updates[n], skew)
		}
		// a task cannot have been up for a while before we hear of it
		updates[n].StartedAt = min(updates[n].StartedAt, now)
	}
	_, err := c.Log.Apply(ctx, structs.ReportTasks{Instance: instance, Updates: updates, At: now})
	return err
}

// shift sets the times of an update right. By a clock that is behind, a task that crashes at once
// would have been up for long, and by one that is ahead it would never have been up for long
// enough.
func shift(u *structs.TaskUpdate, by structs.Time) {
	for _, at := range []*structs.Time{&u.PullStartedAt, &u.PullStoppedAt, &u.StartedAt, &u.StoppingAt, &u.ExecutionStoppedAt, &u.StoppedAt} {
		if *at != 0 {
			*at += by
		}
	}
}
