package state

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

func checkUsage(t *testing.T, w *writer, when string, want structs.Usage) {
	t.Helper()
	got := *w.Snapshot().Usage("i1")
	if len(got.Ports) == 0 {
		got.Ports = nil
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", when, diff)
	}
}

func TestUsageFollowsATask(t *testing.T) {
	w := newWriter(t)
	put := func(status structs.TaskStatus, containers ...structs.Container) {
		row := task("t1", "j1", "i1")
		row.LastStatus, row.Ports, row.Containers = status, []structs.Port{port(80)}, containers
		w.write(func(tx *Tx) { tx.PutTask(row) })
	}
	checkUsage(t, w, "before", structs.Usage{})
	put(structs.TaskProvisioning)
	checkUsage(t, w, "placed", structs.Usage{CPU: 10, Memory: 20, Ports: []structs.Port{port(80)}, Pending: 1})

	// Docker publishes on IPv4 and IPv6
	dynamic := structs.Container{NetworkBindings: []structs.NetworkBinding{
		{BindIP: "0.0.0.0", HostPort: new(int32(32768)), Protocol: "tcp"}, {BindIP: "::", HostPort: new(int32(32768)), Protocol: "tcp"},
	}}
	put(structs.TaskRunning, dynamic)
	checkUsage(t, w, "running", structs.Usage{CPU: 10, Memory: 20, Ports: []structs.Port{port(80), port(32768)}, Running: 1})
	put(structs.TaskStopping, dynamic)
	checkUsage(t, w, "stopping", structs.Usage{CPU: 10, Memory: 20, Ports: []structs.Port{port(80), port(32768)}})
	put(structs.TaskStopped, dynamic)
	checkUsage(t, w, "stopped", structs.Usage{})
	w.write(func(tx *Tx) { tx.RemoveTask(tx.Task("t1")) })
	checkUsage(t, w, "forgotten", structs.Usage{})
}

// TestUsageOfPortsHeldTwice: two tasks that hold the same port (one fixed, one chosen by Docker)
// give it back one by one.
func TestUsageOfPortsHeldTwice(t *testing.T) {
	w := newWriter(t)
	both := func(fn func(tx *Tx, row *structs.Task)) func(*Tx) {
		return func(tx *Tx) {
			for _, id := range []string{"t1", "t2"} {
				row := task(id, "j1", "i1")
				row.Ports = []structs.Port{port(80), port(443), port(80)}
				fn(tx, row)
			}
		}
	}
	w.write(both(func(tx *Tx, row *structs.Task) { tx.PutTask(row) }))
	ports := []structs.Port{port(80), port(80), port(443), port(443)}
	checkUsage(t, w, "both", structs.Usage{CPU: 20, Memory: 40, Ports: ports, Running: 2})
	w.write(both(func(tx *Tx, row *structs.Task) { tx.PutTask(row) })) // the same port counts once
	checkUsage(t, w, "both again", structs.Usage{CPU: 20, Memory: 40, Ports: ports, Running: 2})

	w.write(func(tx *Tx) { tx.RemoveTask(tx.Task("t1")) })
	checkUsage(t, w, "one", structs.Usage{CPU: 10, Memory: 20, Ports: []structs.Port{port(80), port(443)}, Running: 1})
	if !w.Snapshot().Usage("i1").HasPort(port(80)) {
		t.Error("the port counts as free while a task holds it")
	}
	w.write(func(tx *Tx) { tx.RemoveTask(tx.Task("t2")) })
	checkUsage(t, w, "none", structs.Usage{})
}

func TestUsageIsPerInstance(t *testing.T) {
	w := newWriter(t)
	w.write(func(tx *Tx) {
		tx.PutTask(task("t1", "j1", "i1"))
		tx.PutTask(task("t2", "j1", "i2"))
		tx.PutTask(task("t3", "j1", "i1"))
	})
	checkUsage(t, w, "i1", structs.Usage{CPU: 20, Memory: 40, Running: 2})
}
