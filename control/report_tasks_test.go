package control_test

import (
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// TestStartInTheFuture: a task of an engine whose clock is ahead has not started later than now, or it would never have been up
// for long enough to replace another.
func TestStartInTheFuture(t *testing.T) {
	c := testutil.NewSingleNode(t)
	instance := c.AddInstance(t, structs.DefaultCluster, 4096, 8192)
	define(t, c.Control, "web")
	task := run(t, c.Control, job(1))[0]
	ahead := structs.TimeOf(task.CreatedAt.Std().Add(time.Hour))
	noError(t, c.Control.ReportTasks(t.Context(), instance.ID, []structs.TaskUpdate{
		{Task: task.ID, Status: structs.TaskRunning, StartedAt: ahead},
	}))
	if got := c.Store.Snapshot().Task(task.ID).StartedAt; got <= task.CreatedAt || got >= ahead {
		t.Errorf("started at %d, with a report between %d and %d", got, task.CreatedAt, ahead)
	}
}
