package state

import (
	"slices"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// TestQueuedTaskIsOnNoInstance: a task that waits for room belongs to its job and to nothing else
// until it has an instance.
func TestQueuedTaskIsOnNoInstance(t *testing.T) {
	w := newWriter(t)
	row := task("t1", "j1", "")
	row.LastStatus = structs.TaskProvisioning
	w.write(func(tx *Tx) { tx.PutTask(row) })
	s := w.Snapshot()
	if u := s.Usage(""); u.CPU != 0 || u.Pending != 0 {
		t.Errorf("it holds %+v of no instance", u)
	}
	if on := slices.Collect(s.InstanceTasks("")); len(on) > 0 || len(slices.Collect(s.JobTasks("j1"))) != 1 {
		t.Errorf("%d tasks are on no instance", len(on))
	}
	placed := *row
	placed.Instance = "i1"
	w.write(func(tx *Tx) { tx.PutTask(&placed) })
	if on := slices.Collect(w.Snapshot().InstanceTasks("i1")); len(on) != 1 {
		t.Error("once placed it is not on its instance")
	}
	checkUsage(t, w, "placed", structs.Usage{CPU: 10, Memory: 20, Pending: 1})
	w.write(func(tx *Tx) { tx.RemoveTask(tx.Task("t1")) })
	checkUsage(t, w, "forgotten", structs.Usage{})
}
