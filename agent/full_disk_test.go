package agent_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// With a full disk a machine cannot become an instance, and nothing half-made is in its way once
// there is space. A machine that is an instance needs no space: its agent starts, stays that
// instance, and runs tasks.
func TestFullDisk(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		h := newHarness(t)
		testutil.SmallDisk(t, h.dir, "1m")
		if err := testutil.FillDisk(h.dir, 0); err != nil {
			t.Fatal(err)
		}
		h.launch()
		if err := <-h.ended; err == nil || !strings.Contains(err.Error(), "no space left on device") || !strings.Contains(err.Error(), "Free some space") {
			t.Errorf("the first start on a full disk says %v", err)
		}
		for _, name := range testutil.Files(t, h.dir) {
			if name != "agent/" {
				t.Errorf("the first start on a full disk leaves %s", name)
			}
		}
		if err := testutil.EmptyDisk(h.dir); err != nil {
			t.Fatal(err)
		}
		h.start()
		instance := h.agent.Instance()
		if err := testutil.FillDisk(h.dir, 0); err != nil {
			t.Fatal(err)
		}
		h.server.run(taskID(1), definition(container("app")))
		h.wait(10 * time.Second)
		h.restart()
		defer h.stop()
		h.server.run(taskID(2), definition(container("app")))
		h.wait(10 * time.Second)
		h.expect(taskID(1), structs.TaskRunning)
		h.expect(taskID(2), structs.TaskRunning)
		if h.agent.Instance() != instance || h.engine.Starts()[name("app", 1)] != 1 {
			t.Errorf("with a full disk instance %s starts anew as %s; containers were started: %v", instance, h.agent.Instance(), h.engine.Starts())
		}
	})
}
