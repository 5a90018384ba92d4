package volume_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/runtime/fake"
	"github.com/gantry-project/gantry/agent/volume"
	"github.com/gantry-project/gantry/structs"
)

const task = "0123456789abcdef0123456789abcdef"

// harness is the volumes of an instance on an engine in memory.
type harness struct {
	*testing.T
	*volume.Volumes
	engine *fake.Engine
}

func newHarness(t *testing.T) *harness {
	engine := fake.New(fake.Config{})
	return &harness{T: t, engine: engine, Volumes: volume.New("i1", engine.Runtime("i1"))}
}

// mounting is a task that mounts volumes.
func mounting(volumes ...structs.Volume) structs.Assignment {
	c := structs.ContainerDefinition{Name: "app"}
	for _, v := range volumes {
		c.MountPoints = append(c.MountPoints, structs.MountPoint{SourceVolume: v.Name, ContainerPath: "/" + v.Name})
	}
	return structs.Assignment{
		Task: &structs.Task{ID: task, Cluster: "prod"},
		Definition: &structs.TaskDefinition{
			Family: "web", Revision: 1, Volumes: volumes, ContainerDefinitions: []structs.ContainerDefinition{c},
		},
	}
}

func (h *harness) prepare(as structs.Assignment) map[string]runtime.Mount {
	h.Helper()
	shared, err := h.Prepare(h.Context(), as)
	if err != nil {
		h.Fatal(err)
	}
	return shared.Mounts
}

func (h *harness) refused(as structs.Assignment, words ...string) {
	h.Helper()
	_, err := h.Prepare(h.Context(), as)
	refusal, ok := errors.AsType[*runtime.Error](err)
	if !ok || refusal.Name != "ResourceInitializationError" {
		h.Fatalf("got %v, want a ResourceInitializationError", err)
	}
	for _, w := range words {
		if !strings.Contains(refusal.Reason, w) {
			h.Errorf("%q does not say %q", refusal.Reason, w)
		}
	}
}

func efs(root string) structs.Volume {
	return structs.Volume{Name: "files", EfsVolumeConfiguration: &structs.EFSVolumeConfiguration{FileSystemId: "fs-1", RootDirectory: root}}
}

func mapped(as structs.Assignment, m structs.VolumeMapping) structs.Assignment {
	as.Mappings = map[string]structs.VolumeMapping{m.ID: m}
	return as
}

// A task's own volumes are named and labelled after it, whatever labels the definition has. They
// are found again, and stay as long as the agent holds the task.
func TestOwnVolumes(t *testing.T) {
	h := newHarness(t)
	as := mounting(structs.Volume{Name: "scratch"}, structs.Volume{Name: "driven", DockerVolumeConfiguration: &structs.DockerVolumeConfiguration{
		Scope: "task", Driver: "d", DriverOpts: map[string]string{"a": "b"}, Labels: map[string]string{"mine": "1", "gantry.task": "forged", "gantry.other": "x"},
	}}, structs.Volume{Name: "host", Host: &structs.HostVolumeProperties{SourcePath: "/srv/x"}})
	as.Definition.Volumes = append(as.Definition.Volumes, structs.Volume{Name: "unused"})
	as.Definition.EphemeralStorage = &structs.EphemeralStorage{SizeInGiB: 30}
	scratch, driven := "gantry-"+task+"-0-scratch", "gantry-"+task+"-1-driven"
	want := map[string]runtime.Mount{"scratch": {Volume: scratch}, "driven": {Volume: driven}, "host": {HostPath: "/srv/x"}}
	for range 2 {
		if got := h.prepare(as); !reflect.DeepEqual(got, want) {
			t.Errorf("mounts %+v", got)
		}
	}
	labels := func(name string, more ...string) map[string]string {
		all := map[string]string{"gantry.instance": "i1", "gantry.cluster": "prod", "gantry.task": task, "gantry.volume": name}
		for _, key := range more {
			all[key] = "1"
		}
		return all
	}
	if got := h.engine.Volumes(); !reflect.DeepEqual(got, []runtime.VolumeSpec{
		{Name: scratch, Driver: "local", Labels: labels("scratch"), SizeGiB: 30},
		{Name: driven, Driver: "d", Options: map[string]string{"a": "b"}, Labels: labels("driven", "mine")},
	}) {
		t.Errorf("volumes %+v", got)
	}
	h.sweep(func(id string) bool { return id == task })
	if got := h.engine.Volumes(); len(got) != 2 {
		t.Errorf("the agent holds the task, and has %+v", got)
	}
	h.sweep(func(string) bool { return false })
	if got := h.engine.Volumes(); len(got) != 0 {
		t.Errorf("%+v are left", got)
	}
}

func (h *harness) sweep(holds func(string) bool) {
	h.Helper()
	if err := h.Sweep(h.Context(), holds); err != nil {
		h.Error(err)
	}
}

func TestNeeds(t *testing.T) {
	h := newHarness(t)
	none := mounting()
	none.Definition.Volumes = []structs.Volume{{Name: "unused"}}
	if h.Needs(none) || !h.Needs(mounting(structs.Volume{Name: "v"})) {
		t.Error("a task needs volumes if a container mounts one, and only then")
	}
}

// The sweep removes only what this instance's agent made for tasks.
func TestSweepLeavesWhatIsNotOurs(t *testing.T) {
	h := newHarness(t)
	for _, v := range []runtime.VolumeSpec{
		{Name: "of a person"}, {Name: "of another agent", Labels: map[string]string{"gantry.instance": "i2", "gantry.task": task}},
	} {
		if err := h.engine.Runtime("i1").CreateVolume(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	h.prepare(mounting(structs.Volume{Name: "keep", DockerVolumeConfiguration: &structs.DockerVolumeConfiguration{
		Scope: "shared", Autoprovision: new(true), Labels: map[string]string{"gantry.instance": "i1"},
	}}))
	h.prepare(mapped(mounting(efs("/")), structs.VolumeMapping{ID: "fs-1", Driver: "local", Options: []string{"type=cifs"}}))
	h.sweep(func(string) bool { return false })
	if got := h.engine.Volumes(); len(got) != 4 {
		t.Errorf("left are %+v", got)
	}
}

func TestSharedVolumes(t *testing.T) {
	config := func(change func(*structs.DockerVolumeConfiguration)) structs.Assignment {
		c := structs.DockerVolumeConfiguration{Scope: "shared", Driver: "local", DriverOpts: map[string]string{"o": "1"}, Labels: map[string]string{"l": "1"}}
		change(&c)
		return mounting(structs.Volume{Name: "keep", DockerVolumeConfiguration: &c})
	}
	h := newHarness(t)
	found := func(*structs.DockerVolumeConfiguration) {}
	provisioned := func(c *structs.DockerVolumeConfiguration) { c.Autoprovision = new(true) }
	h.refused(config(found), "volume 'keep' does not exist and autoprovision is set to false", "docker volume create keep")
	for range 2 {
		if got := h.prepare(config(provisioned)); got["keep"] != (runtime.Mount{Volume: "keep"}) {
			t.Errorf("mount %+v", got)
		}
	}
	if got := h.engine.Volumes(); len(got) != 1 || got[0].Labels["l"] != "1" || got[0].Options["o"] != "1" {
		t.Errorf("volumes %+v", got)
	}
	h.prepare(config(found))
	for what, change := range map[string]func(*structs.DockerVolumeConfiguration){
		"driver":     func(c *structs.DockerVolumeConfiguration) { c.Driver = "other" },
		"driverOpts": func(c *structs.DockerVolumeConfiguration) { c.DriverOpts = nil },
		"labels":     func(c *structs.DockerVolumeConfiguration) { c.Labels["l"] = "2" },
	} {
		h.refused(config(func(c *structs.DockerVolumeConfiguration) { provisioned(c); change(c) }), "'keep' whose "+what+" is")
	}
}

// A shared volume cannot be the volume that another task has alone.
func TestSharedVolumeOfAnotherTask(t *testing.T) {
	h := newHarness(t)
	own := h.prepare(mounting(structs.Volume{Name: "v"}))["v"].Volume
	for _, provision := range []*bool{nil, new(true)} {
		h.refused(mounting(structs.Volume{Name: own, DockerVolumeConfiguration: &structs.DockerVolumeConfiguration{Scope: "shared", Autoprovision: provision}}),
			"another task's alone")
	}
}

func TestRelativeHostPath(t *testing.T) {
	newHarness(t).refused(mounting(structs.Volume{Name: "v", Host: &structs.HostVolumeProperties{SourcePath: "data"}}), "host.sourcePath 'data' is not an absolute path")
}

func TestUnmapped(t *testing.T) {
	h := newHarness(t)
	h.refused(mounting(efs("/")), "fs-1 is not mapped; map it with: gantry volume map fs-1")
	point := efs("/")
	point.EfsVolumeConfiguration.AuthorizationConfig = &structs.EFSAuthorizationConfig{AccessPointId: "fsap-1", Iam: "ENABLED"}
	h.refused(mapped(mounting(point), structs.VolumeMapping{ID: "fs-1", HostPath: "/"}), "gantry volume map fsap-1")
	running := mounting(efs("/"), structs.Volume{Name: "v"})
	running.Task.LastStatus = structs.TaskRunning
	if got := h.prepare(running); len(got) != 1 || got["v"].Volume == "" {
		t.Errorf("a task whose containers exist already has mounts %+v", got)
	}
}

func TestNFS(t *testing.T) {
	for _, c := range []struct {
		nfs, root    string
		options      []string
		device, said string
	}{
		{"files:/", "/", nil, ":/", "addr=files,nfsvers=4.1"},
		{"files:/export", "../data//x/", []string{"soft"}, ":/export/data/x", "addr=files,nfsvers=4.1,soft"},
		{"[fd00::1]:/export", "", []string{"vers=3", "ro"}, ":/export", "addr=fd00::1,vers=3,ro"},
	} {
		h := newHarness(t)
		as := mapped(mounting(efs(c.root)), structs.VolumeMapping{ID: "fs-1", NFS: c.nfs, Options: c.options})
		if got := h.prepare(as)["files"]; got != (runtime.Mount{Volume: "gantry-" + task + "-0-files", Existing: true}) {
			t.Errorf("%s: mount %+v", c.nfs, got)
		}
		want := map[string]string{"type": "nfs", "device": c.device, "o": c.said}
		if got := h.engine.Volumes(); !reflect.DeepEqual(got[0].Options, want) || got[0].Labels[runtime.LabelTask] != task {
			t.Errorf("%s: volume %+v, want %v", c.nfs, got, want)
		}
	}
}

// A root directory leads nowhere outside the mapped one, and nothing is made.
func TestHostPath(t *testing.T) {
	h, dir := newHarness(t), t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "efs", "a", "b"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"out": "/", "in": "a", "a/up": "../.."} {
		if err := os.Symlink(target, filepath.Join(dir, "efs", name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "efs", "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	at := func(root string) structs.Assignment {
		return mapped(mounting(efs(root)), structs.VolumeMapping{ID: "fs-1", HostPath: filepath.Join(dir, "efs")})
	}
	for root, want := range map[string]string{"": "", "/": "", "a/b": "/a/b", "/a/../a/./b/": "/a/b", "../a": "/a"} {
		if got := h.prepare(at(root))["files"]; got != (runtime.Mount{HostPath: filepath.Join(dir, "efs") + want, Existing: true}) {
			t.Errorf("root directory %q: mount %+v", root, got)
		}
	}
	for root, want := range map[string]string{
		"out": "/out in it is not a directory (symbolic links", "out/etc": "/out in it", "in/b": "/in in it", "a/up/a": "/a/up in it",
		"file": "/file in it", "missing/x": "there is no directory /missing/x in it", "../../etc": "there is no directory /etc in it",
	} {
		h.refused(at(root), "fs-1 is mapped to "+dir, want)
	}
	gone := mapped(mounting(efs("/")), structs.VolumeMapping{ID: "fs-1", HostPath: filepath.Join(dir, "gone")})
	h.refused(gone, "fs-1 is mapped to "+dir+"/gone: it is not a directory of this instance: no such file or directory")
}

// Tasks share the volume of a driver as long as the mapping is the same.
func TestDriver(t *testing.T) {
	h := newHarness(t)
	to := func(root string, options ...string) structs.Assignment {
		return mapped(mounting(efs(root)), structs.VolumeMapping{ID: "fs-1", Driver: "d", Options: options})
	}
	first := h.prepare(to("/a", "share=//files/x{rootDirectory}", "o=ro"))["files"]
	if first != h.prepare(to("a/", "o=ro", "share=//files/x{rootDirectory}"))["files"] || !first.Existing {
		t.Errorf("another mount than %+v", first)
	}
	if first == h.prepare(to("/b", "share=//files/x{rootDirectory}", "o=ro"))["files"] || first == h.prepare(to("/", "o=ro"))["files"] {
		t.Error("another mapping has the same volume")
	}
	want := map[string]string{"share": "//files/x/a", "o": "ro"}
	if v, _, _ := h.engine.Runtime("i1").InspectVolume(t.Context(), first.Volume); v.Driver != "d" || !reflect.DeepEqual(v.Options, want) || len(v.Labels) != 0 {
		t.Errorf("volume %+v, want options %v", v, want)
	}
	h.refused(to("/a", "o=ro"), "the root directory is /a", "{rootDirectory}")
}
