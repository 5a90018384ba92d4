package control_test

import (
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// TestStartInTheFuture checks that a task of an engine whose clock is ahead starts no later than
// now. Otherwise it would never have been up long enough to replace another.
func TestStartInTheFuture(t *testing.T) {
	c := singlenode.New(t)
	instance := c.AddInstance(t, structs.DefaultCluster, 4096, 8192)
	define(t, c.Control, "web")
	task := run(t, c.Control, job(1))[0]
	ahead := structs.TimeOf(task.CreatedAt.Std().Add(time.Hour))
	noError(t, c.Control.ReportTasks(t.Context(), instance.ID, 0, []structs.TaskUpdate{
		{Task: task.ID, Status: structs.TaskRunning, StartedAt: ahead},
	}))
	if got := c.Store.Snapshot().Task(task.ID).StartedAt; got <= task.CreatedAt || got >= ahead {
		t.Errorf("started at %d, with a report between %d and %d", got, task.CreatedAt, ahead)
	}
}

// TestClockOfTheAgent checks that times are corrected if an agent's clock is off by more than the
// network delay.
func TestClockOfTheAgent(t *testing.T) {
	const hour = structs.Time(60 * 60 * 1000)
	for _, off := range []structs.Time{-hour, -900, 0, 900, hour} {
		c := singlenode.New(t)
		instance := c.AddInstance(t, structs.DefaultCluster, 4096, 8192)
		define(t, c.Control, "web")
		task := run(t, c.Control, job(1))[0]
		now := c.Control.Now()
		noError(t, c.Control.ReportTasks(t.Context(), instance.ID, now+off, []structs.TaskUpdate{{
			Task: task.ID, Status: structs.TaskRunning, PullStartedAt: now + off - 5000, PullStoppedAt: now + off - 4000, StartedAt: now + off - 3000,
		}}))
		got := c.Store.Snapshot().Task(task.ID)
		wrong := structs.Time(0)
		for at, want := range map[structs.Time]structs.Time{got.PullStartedAt: now - 5000, got.PullStoppedAt: now - 4000, got.StartedAt: now - 3000} {
			wrong = max(wrong, at-want, want-at)
		}
		if wrong > 1000 || got.StoppedAt != 0 {
			t.Errorf("a clock that is off by %d ms gives %d, %d, %d and %d, at %d", off, got.PullStartedAt, got.PullStoppedAt, got.StartedAt, got.StoppedAt, now)
		}
	}
}
