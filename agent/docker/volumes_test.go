package docker_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/stdcopy"

	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// output runs a container to its end and returns its exit code and what it printed.
func (h *harness) output(spec runtime.ContainerSpec) (code int32, text string) {
	h.Helper()
	id := h.run(spec).ID
	code = h.waitExit(id).ExitCode
	api, err := client.NewClientWithOpts(client.WithHost(h.host), client.WithAPIVersionNegotiation())
	if err != nil {
		h.Fatal(err)
	}
	defer api.Close()
	logs, err := api.ContainerLogs(h.Context(), id, container.LogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		h.Fatal(err)
	}
	defer logs.Close()
	var out bytes.Buffer
	if _, err := stdcopy.StdCopy(&out, &out, logs); err != nil {
		h.Fatal(err)
	}
	return code, out.String()
}

// volume makes a volume of the instance, which is removed at the end.
func (h *harness) volume() (name string) {
	h.Helper()
	name = fmt.Sprintf("gantry-test-%s-%d", h.instance, h.next.Add(1))
	err := h.CreateVolume(h.Context(), runtime.VolumeSpec{Name: name, Labels: map[string]string{runtime.LabelInstance: h.instance, runtime.LabelTask: "t"}})
	if err != nil {
		h.Fatal(err)
	}
	return name
}

// mount makes a container mount something.
func mount(spec runtime.ContainerSpec, path string, readOnly bool, from runtime.Mount) runtime.ContainerSpec {
	name := fmt.Sprint("v", len(spec.Definition.MountPoints))
	spec.Definition.MountPoints = append(spec.Definition.MountPoints, structs.MountPoint{SourceVolume: name, ContainerPath: path, ReadOnly: &readOnly})
	if spec.Shared.Mounts == nil {
		spec.Shared.Mounts = map[string]runtime.Mount{}
	}
	spec.Shared.Mounts[name] = from
	return spec
}

// One container writes into each kind of volume, and others read: from the same volume, from the
// host, and with the mounts of the first, read-only or not.
func TestVolumes(t *testing.T) {
	h := newHarness(t)
	shared, host := runtime.Mount{Volume: h.volume()}, filepath.Join(t.TempDir(), "made", "by docker")
	writer := mount(h.spec("write", "/data/file"), "/data", false, shared)
	writer = mount(writer, "/host", false, runtime.Mount{HostPath: host})
	if code, text := h.output(writer); code != 0 {
		t.Fatalf("it cannot write: %s", text)
	}
	if code, text := h.output(mount(h.spec("read", "/in/file"), "/in", true, shared)); code != 0 || text != "written\n" {
		t.Errorf("the other reads %d %q", code, text)
	}
	if code, text := h.output(mount(h.spec("write", "/in/other"), "/in", true, shared)); code != 1 || !strings.Contains(text, "read-only file system") {
		t.Errorf("it writes to a read-only volume: %d %q", code, text)
	}
	if err := os.WriteFile(filepath.Join(host, "file"), []byte("of the host"), 0o644); err != nil {
		t.Fatal("the directory of the host is not made:", err)
	}
	both := h.spec("read", "/data/file", "/host/file")
	both.VolumesFrom = []runtime.VolumesFrom{{Container: writer.Name}}
	if code, text := h.output(both); code != 0 || text != "written\nof the host" {
		t.Errorf("with the mounts of the first it reads %d %q", code, text)
	}
	for readOnly, want := range map[bool]int32{true: 1, false: 0} {
		spec := h.spec("write", "/data/again")
		spec.VolumesFrom = []runtime.VolumesFrom{{Container: writer.Name, ReadOnly: readOnly}}
		if code, text := h.output(spec); code != want {
			t.Errorf("read-only %v: it writes with code %d %q", readOnly, code, text)
		}
	}
}

// What an image has at the path is in a new volume, as in ECS, and not in one with files of others.
func TestVolumeStartsWithFilesOfTheImage(t *testing.T) {
	h := newHarness(t)
	h.image = "gantry-test/volume:latest"
	if err := testutil.BuildImage(t.Context(), h.host, h.image, testutil.File{Name: "data/file", Mode: 0o644, Body: []byte("of the image")}); err != nil {
		t.Fatal(err)
	}
	if code, text := h.output(mount(h.spec("read", "/data/file"), "/data", false, runtime.Mount{Volume: h.volume()})); code != 0 || text != "of the image" {
		t.Errorf("it reads %d %q", code, text)
	}
	others := mount(h.spec("read", "/data/file"), "/data", false, runtime.Mount{Volume: h.volume(), Existing: true})
	others.Definition.Command = []string{"write", "/data/file/in"} // fails if there is a file
	if code, text := h.output(others); code != 1 || !strings.Contains(text, "no such file") {
		t.Errorf("a volume with files of others got the image's: %d %q", code, text)
	}
}

func TestMountOfAMissingDirectoryOfOthers(t *testing.T) {
	h := newHarness(t)
	spec := mount(h.spec("exit", "0"), "/data", false, runtime.Mount{HostPath: t.TempDir() + "/missing", Existing: true})
	_, err := h.CreateContainer(t.Context(), spec)
	docker.WantRuntimeError(t, err, "CannotCreateContainerError", "missing", "does not exist")
}

// A volume is created once, listed for its instance, and not removed while a container has it, nor
// for another instance.
func TestVolumeLife(t *testing.T) {
	h := newHarness(t)
	name := h.volume()
	spec := runtime.VolumeSpec{Name: name, Options: map[string]string{"type": "tmpfs", "device": "tmpfs"}}
	if err := h.CreateVolume(t.Context(), spec); err != nil {
		t.Error("it is not found under its name:", err)
	}
	list, err := h.ListVolumes(t.Context())
	if err != nil || len(list) != 1 || list[0].Name != name || len(list[0].Options) != 0 || list[0].Labels[runtime.LabelTask] != "t" {
		t.Errorf("listed %+v %v", list, err)
	}
	other := h.ForInstance(randomID())
	if list, err := other.ListVolumes(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("another instance sees %+v %v", list, err)
	}
	id := h.create(mount(h.spec("exit", "0"), "/data", false, runtime.Mount{Volume: name}))
	for _, c := range []struct {
		engine *docker.Engine
		gone   bool
		before func()
	}{
		{other, false, func() {}},
		{h.Engine, false, func() {}},
		{h.Engine, true, func() {
			if err := h.RemoveContainer(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}},
		{h.Engine, true, func() {}},
	} {
		c.before()
		if gone, err := c.engine.RemoveVolume(t.Context(), name); err != nil || gone != c.gone {
			t.Errorf("removed: %v %v, want %v", gone, err, c.gone)
		}
	}
	if _, ok, err := h.InspectVolume(t.Context(), name); ok || err != nil {
		t.Errorf("it is there still: %v", err)
	}
}

// A volume of a task without labels, from an engine that ended while it made it, is made again: it
// would never be removed otherwise.
func TestVolumeWithoutLabels(t *testing.T) {
	h := newHarness(t)
	name := "gantry-" + h.instance + "-0-half"
	if err := h.CreateVolume(t.Context(), runtime.VolumeSpec{Name: name}); err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{runtime.LabelInstance: h.instance}
	if err := h.CreateVolume(t.Context(), runtime.VolumeSpec{Name: name, Labels: labels}); err != nil {
		t.Fatal(err)
	}
	if list, err := h.ListVolumes(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("listed %+v %v", list, err)
	}
	if gone, err := h.RemoveVolume(t.Context(), name); !gone || err != nil {
		t.Errorf("removed: %v %v", gone, err)
	}
}

func TestCreateVolumeRefused(t *testing.T) {
	h := newHarness(t)
	err := h.CreateVolume(t.Context(), runtime.VolumeSpec{Name: "gantry-test-" + h.instance, Options: map[string]string{"color": "red"}})
	docker.WantRuntimeError(t, err, "ResourceInitializationError", "color")
}
