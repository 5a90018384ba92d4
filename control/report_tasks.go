package control

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// mostSkew is how far an agent's clock may be off before its times are corrected. Smaller
// differences do no harm, and may be the report's time in transit.
const mostSkew = structs.Time(1000)

// ReportTasks records an agent's report on its tasks. sent is the agent's time when it sent the
// report; zero means that its clock is ours. Once it returns, the report is in the log.
func (c *Control) ReportTasks(ctx context.Context, instance string, sent structs.Time, updates []structs.TaskUpdate) error {
	if len(updates) == 0 {
		return nil
	}
	now, updates := c.Now(), slices.Clone(updates)
	skew := now - sent
	for n := range updates {
		if sent != 0 && max(skew, -skew) > mostSkew {
			shift(&updates[n], skew)
		}
		// a task cannot have been up before we heard about it
		updates[n].StartedAt = min(updates[n].StartedAt, now)
	}
	_, err := c.config.Log.Apply(ctx, structs.ReportTasks{Instance: instance, Updates: updates, At: now})
	return err
}

// shift corrects the times of an update. With a slow clock, a task that crashes at once would seem
// to have been up for long; with a fast one, no task would ever have been up long enough.
func shift(u *structs.TaskUpdate, by structs.Time) {
	for _, at := range []*structs.Time{&u.PullStartedAt, &u.PullStoppedAt, &u.StartedAt, &u.StoppingAt, &u.ExecutionStoppedAt, &u.StoppedAt} {
		if *at != 0 {
			*at += by
		}
	}
}
