package httpapi_test

import (
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// The scheduler of examples/ places a service. It keeps the spare instance until no other has room,
// and says why it places no more.
func TestPythonScheduler(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("SKIPPED: there is no python3 to run examples/scheduler.py with")
	}
	h := newLeaseHarness(t)
	h.server.Apply(t.Context(), structs.PutAttributes{Cluster: "default", Attributes: []structs.InstanceAttribute{
		{Instance: h.host1, Attribute: structs.Attribute{Name: "spare"}},
	}})
	example := exec.CommandContext(t.Context(), python, "../examples/scheduler.py", "--name", "mine", "--address", h.http.URL)
	example.Stdout, example.Stderr = t.Output(), t.Output()
	example.WaitDelay = time.Second
	if err := example.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		example.Process.Kill()
		_ = example.Wait() // killed
	}()
	h.serve(1, 1)
	h.await("one task", func(tasks []*structs.Task) bool { return len(tasks) == 1 && tasks[0].Instance == h.host2 })
	h.serve(2, 4)
	h.await("as many as there is room for", func(tasks []*structs.Task) bool { return len(tasks) == 3 })
	if h.tasksOn(h.host1) != 2 {
		t.Errorf("%d tasks on the spare instance, want 2", h.tasksOn(h.host1))
	}
	h.await("a blocked evaluation", func([]*structs.Task) bool {
		snap, err := h.server.Control().Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		blocked := slices.Collect(snap.BlockedEvaluations("default"))
		return len(blocked) == 1 && blocked[0].Unplaced == 1 && blocked[0].Failures[0].Detail == "no instance has room for more"
	})
}
