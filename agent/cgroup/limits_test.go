package cgroup_test

import (
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// Two busy tasks share a processor as their numbers say, whatever the runtime makes of the cpu of
// the containers in them.
func TestTasksShareAProcessorByTheirCPU(t *testing.T) {
	b := newBench(t, 0)
	var tasks []runtime.Shared
	for _, as := range []structs.Assignment{
		assignment("", "", container("app", 256, "spin")),
		assignment("", "", container("app", 384, "spin"), container("side", 128, "spin")),
	} {
		shared := b.prepare(as)
		b.onOneCore(shared)
		b.start(as, shared)
		tasks = append(tasks, shared)
	}
	small, large := b.usedIn(tasks[0]), b.usedIn(tasks[1])
	time.Sleep(4 * time.Second)
	ratio := large().Seconds() / small().Seconds()
	t.Logf("512 units got %.2f times what 256 got", ratio)
	if ratio < 1.8 || ratio > 2.2 {
		t.Errorf("512 units got %.2f times what 256 got, want 2", ratio)
	}
}

// usedIn returns a function that returns the processor time of a cgroup since now.
func (b *bench) usedIn(shared runtime.Shared, container ...string) func() time.Duration {
	before := b.used(shared, container...)
	return func() time.Duration { return b.used(shared, container...) - before }
}

// A task's cpu is the most that it gets, for all its containers together, also on an idle machine.
// Inside it, the containers share by their cpu.
func TestTaskCPUIsAQuotaOfAllContainers(t *testing.T) {
	b := newBench(t, 0)
	as := assignment("384", "", container("app", 128, "spin"), container("side", 256, "spin"))
	shared := b.prepare(as)
	b.onOneCore(shared)
	ids := b.start(as, shared)
	all, app, side := b.usedIn(shared), b.usedIn(shared, ids[0]), b.usedIn(shared, ids[1])
	began := time.Now()
	time.Sleep(4 * time.Second)
	cores := all().Seconds() / time.Since(began).Seconds()
	ratio := side().Seconds() / app().Seconds()
	t.Logf("384 units used %.3f processors; in it, 256 units got %.2f times what 128 got", cores, ratio)
	if cores > 0.39 {
		t.Errorf("a task of 384 units used %.3f processors, want at most 0.375", cores)
	}
	// with cgroup version 2, runc makes weights of 5 and 10 of it, and since 1.3.2 of 21 and 35
	if ratio < 1.5 || ratio > 2.3 {
		t.Errorf("256 units got %.2f times what 128 got, want 2", ratio)
	}
}

// The limits are in the files of the kernel.
func TestLimitsOfATask(t *testing.T) {
	b := newBench(t, 300)
	shared := b.prepare(assignment("512", "128", container("app", 0)))
	none := b.prepare(assignment("", "", container("app", 100), container("side", 0)))
	two := b.info.CgroupVersion == "2"
	file := func(shared runtime.Shared, controller, v1, v2 string) string {
		t.Helper()
		if two {
			v1 = v2
		}
		return b.read(b.dir(controller, shared), v1)
	}
	whole := int64(b.info.CPUs) * 1024
	for _, c := range []struct {
		what, got, v1, v2 string
	}{
		{"memory", file(shared, "memory", "memory.limit_in_bytes", "memory.max"), "134217728", "134217728"},
		{"no memory", file(none, "memory", "memory.limit_in_bytes", "memory.max"), "9223372036854771712", "max"},
		{"quota", file(shared, "cpu", "cpu.cfs_quota_us", "cpu.max"), "50000", "50000 100000"},
		{"no quota", file(none, "cpu", "cpu.cfs_quota_us", "cpu.max"), "-1", "max 100000"},
		{"share", file(shared, "cpu", "cpu.shares", "cpu.weight"), "512", number((512*10000 + whole/2) / whole)},
		{"share of containers", file(none, "cpu", "cpu.shares", "cpu.weight"), "102", number((102*10000 + whole/2) / whole)},
		{"pids", file(shared, "pids", "pids.max", "pids.max"), "300", "300"},
	} {
		if want := map[bool]string{false: c.v1, true: c.v2}[two]; c.got != want {
			t.Errorf("%s: %s, want %s", c.what, c.got, want)
		}
	}
}

// An agent that adopts a task prepares it again, and one that died in between leaves nothing.
func TestGroupsAreFoundAgain(t *testing.T) {
	b := newBench(t, 0)
	kept, ended, orphan := assignment("128", "64", container("app", 0, "sleep")),
		assignment("", "64", container("app", 0, "sleep")), assignment("", "64", container("app", 0, "sleep"))
	for _, as := range []structs.Assignment{kept, ended, orphan} {
		b.prepare(as)
	}
	running := b.start(kept, b.prepare(kept))
	left := b.start(orphan, b.prepare(orphan))

	b.restart() // it does not know what it made
	holds := func(id string) bool { return id == kept.Task.ID }
	b.sweep(holds)
	b.wantGroups(kept.Task.ID, orphan.Task.ID) // the orphan's container still runs
	if state, _, _ := b.engine.InspectContainer(t.Context(), left[0]); state.State != runtime.ContainerRunning {
		t.Fatalf("the sweep ended a container: %+v", state)
	}
	b.end(left[0])
	b.sweep(holds)
	b.wantGroups(kept.Task.ID)

	b.prepare(kept)
	b.prepare(kept)
	b.end(running[0])
	if err := b.limits.Release(t.Context(), kept.Task.ID); err != nil {
		t.Fatal(err)
	}
	b.wantGroups()
	if err := b.limits.Release(t.Context(), kept.Task.ID); err != nil {
		t.Errorf("a second release: %v", err)
	}
}

// A container that cannot be ended keeps its task's cgroup until it has ended, and the release does
// not wait for that.
func TestReleaseOfABusyGroup(t *testing.T) {
	b := newBench(t, 0)
	as := assignment("", "", container("app", 0, "sleep"))
	ids := b.start(as, b.prepare(as))
	if err := b.limits.Release(t.Context(), as.Task.ID); err != nil {
		t.Fatal(err)
	}
	b.wantGroups(as.Task.ID)
	holds := func(string) bool { return true } // until its containers are removed
	b.sweep(holds)
	b.wantGroups(as.Task.ID)
	b.end(ids[0])
	b.sweep(holds)
	b.wantGroups()
}
