package cgroup_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/cgroup"
	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// The tests below need a real engine on this machine, and root. They run with either version of
// cgroups and either driver, whatever the engine has.

const patience = 60 * time.Second

var discard = slog.New(slog.DiscardHandler)

// bench is an instance on the real engine, with the cgroups of its tasks.
type bench struct {
	*testing.T
	engine   *docker.Engine
	info     runtime.Info
	limits   *cgroup.Limits
	instance string
	image    string
}

func newBench(t *testing.T, pids int64) *bench {
	host := testutil.DockerHost(t)
	b := &bench{T: t, instance: randomID(), image: testutil.BuildAppImage(t, host)}
	engine, err := docker.New(docker.Config{Host: host})
	if err != nil {
		t.Fatal(err)
	}
	if b.info, err = engine.Info(t.Context()); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 || b.info.Rootless {
		t.Skip("making cgroups needs root, and an engine that runs as root")
	}
	b.limits = cgroup.Open(cgroup.Config{Engine: b.info, TaskPIDs: pids, Logger: discard}).Limits(b.instance)
	b.engine = engine.ForInstance(b.instance)
	b.engine.KilledForMemory = b.limits.KilledForMemory
	t.Cleanup(b.clean)
	return b
}

// clean does what an agent does that stops all its tasks, and checks that no cgroup is left.
func (b *bench) clean() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	list, err := b.engine.ListContainers(ctx)
	for _, c := range list {
		err = b.engine.RemoveContainer(ctx, c.ID)
	}
	if err != nil {
		b.Error(err)
	}
	if err := b.limits.Sweep(ctx, func(string) bool { return false }); err != nil {
		b.Error(err)
	}
	b.wantGroups()
	b.engine.Close()
}

func randomID() string {
	id := make([]byte, 16)
	rand.Read(id)
	return hex.EncodeToString(id)
}

// assignment returns a task of the instance.
func assignment(cpu, memory string, containers ...structs.ContainerDefinition) structs.Assignment {
	return structs.Assignment{
		Task:       &structs.Task{ID: randomID()},
		Definition: &structs.TaskDefinition{Family: "f", Revision: 1, Cpu: cpu, Memory: memory, ContainerDefinitions: containers},
	}
}

func container(name string, cpu int32, command ...string) structs.ContainerDefinition {
	return structs.ContainerDefinition{Name: name, Cpu: cpu, Command: command}
}

// prepare makes the cgroup of a task.
func (b *bench) prepare(as structs.Assignment) runtime.Shared {
	b.Helper()
	shared, err := b.limits.Prepare(b.Context(), as)
	if err != nil || shared.CgroupParent == "" {
		b.Fatalf("prepare: %+v, %v", shared, err)
	}
	return shared
}

// start starts the containers of a task in its cgroup.
func (b *bench) start(as structs.Assignment, shared runtime.Shared) (ids []string) {
	b.Helper()
	for _, c := range as.Definition.ContainerDefinitions {
		c.Image = b.image
		id, err := b.engine.CreateContainer(b.Context(), runtime.ContainerSpec{
			Name: fmt.Sprintf("gantry-limits-%s-%s", as.Task.ID, c.Name),
			Labels: map[string]string{
				runtime.LabelInstance: b.instance, runtime.LabelCluster: "test", runtime.LabelTask: as.Task.ID,
				runtime.LabelContainer: c.Name, runtime.LabelDefinition: "f:1",
			},
			Definition: c, Shared: shared, NetworkMode: "none",
		})
		var state runtime.ContainerState
		if err == nil {
			state, err = b.engine.StartContainer(b.Context(), id)
		}
		if err != nil {
			b.Fatal(err)
		}
		ids = append(ids, state.ID)
	}
	return ids
}

// dir returns the directory of a task's cgroup, or of one of its containers.
func (b *bench) dir(controller string, shared runtime.Shared, container ...string) string {
	path := shared.CgroupParent
	if b.info.CgroupDriver == "systemd" {
		path = fmt.Sprintf("/gantry.slice/gantry-%s.slice/%s", b.instance, path)
	}
	for _, id := range container {
		if b.info.CgroupDriver == "systemd" {
			id = "docker-" + id + ".scope"
		}
		path += "/" + id
	}
	if b.info.CgroupVersion == "2" {
		controller = ""
	}
	return filepath.Join("/sys/fs/cgroup", controller, path)
}

func (b *bench) read(path ...string) string {
	b.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// onOneCore makes the containers of a task run on the first processor only.
func (b *bench) onOneCore(shared runtime.Shared) {
	b.Helper()
	if b.info.CgroupDriver == "systemd" {
		if out, err := exec.Command("systemctl", "set-property", "--runtime", shared.CgroupParent, "AllowedCPUs=0").CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		return
	}
	if err := os.WriteFile(filepath.Join(b.dir("cpuset", shared), "cpuset.cpus"), []byte("0"), 0o644); err != nil {
		b.Fatal(err)
	}
}

// used returns the processor time that a cgroup has used.
func (b *bench) used(shared runtime.Shared, container ...string) time.Duration {
	b.Helper()
	dir := b.dir("cpuacct", shared, container...)
	if b.info.CgroupVersion == "1" {
		n, err := strconv.ParseInt(b.read(dir, "cpuacct.usage"), 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		return time.Duration(n)
	}
	for line := range strings.SplitSeq(b.read(dir, "cpu.stat"), "\n") {
		if n, ok := strings.CutPrefix(line, "usage_usec "); ok {
			usec, _ := strconv.ParseInt(n, 10, 64)
			return time.Duration(usec) * time.Microsecond
		}
	}
	b.Fatal("cpu.stat has no usage_usec")
	return 0
}

// tasksOf returns the directories of the instance's cgroups by task, in all hierarchies.
func tasksOf(b *bench) map[string][]string {
	found := map[string][]string{}
	var dirs []string
	for _, pattern := range []string{"gantry/" + b.instance, "gantry.slice/gantry-" + b.instance + ".slice"} {
		v1, _ := filepath.Glob("/sys/fs/cgroup/*/" + pattern)
		v2, _ := filepath.Glob("/sys/fs/cgroup/" + pattern)
		dirs = slices.Concat(dirs, v1, v2)
	}
	for _, dir := range dirs {
		entries, _ := os.ReadDir(dir)
		found[""] = append(found[""], dir)
		for _, entry := range entries {
			if name := strings.TrimSuffix(entry.Name(), ".slice"); entry.IsDir() {
				task := name[strings.LastIndex(name, "-")+1:]
				found[task] = append(found[task], filepath.Join(dir, entry.Name()))
			}
		}
	}
	return found
}

// wantGroups checks which tasks have cgroups. Without tasks, the instance has none either.
func (b *bench) wantGroups(tasks ...string) {
	b.Helper()
	there := tasksOf(b)
	for _, task := range tasks {
		if len(there[task]) == 0 {
			b.Errorf("task %s has no cgroup", task)
		}
		delete(there, task)
	}
	if len(tasks) > 0 {
		delete(there, "")
	}
	if len(there) > 0 {
		b.Errorf("cgroups are left: %v", there)
	}
}
