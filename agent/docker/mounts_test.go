package docker

import (
	"reflect"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

func mounting(path string, readOnly bool, from runtime.Mount) runtime.ContainerSpec {
	return runtime.ContainerSpec{
		Name:       "c",
		Definition: structs.ContainerDefinition{MountPoints: []structs.MountPoint{{SourceVolume: "v", ContainerPath: path, ReadOnly: &readOnly}}},
		Shared:     runtime.Shared{Mounts: map[string]runtime.Mount{"v": from}},
	}
}

func TestApplyMounts(t *testing.T) {
	volume := func(readOnly, noCopy bool) container.HostConfig {
		return container.HostConfig{Mounts: []mount.Mount{{
			Type: mount.TypeVolume, Source: "gantry-1", Target: "/in", ReadOnly: readOnly, VolumeOptions: &mount.VolumeOptions{NoCopy: noCopy},
		}}}
	}
	for _, c := range []struct {
		name string
		spec runtime.ContainerSpec
		want container.HostConfig
	}{
		{"a volume", mounting("/in", false, runtime.Mount{Volume: "gantry-1"}), volume(false, false)},
		{"read-only", mounting("/in", true, runtime.Mount{Volume: "gantry-1"}), volume(true, false)},
		{"with files of others", mounting("/in", false, runtime.Mount{Volume: "gantry-1", Existing: true}), volume(false, true)},
		{"a host path, which may be missing", mounting("/in", false, runtime.Mount{HostPath: "/out"}),
			container.HostConfig{Binds: []string{"/out:/in"}}},
		{"a host path read-only", mounting("/in", true, runtime.Mount{HostPath: "/out"}),
			container.HostConfig{Binds: []string{"/out:/in:ro"}}},
		{"a host path that must exist", mounting("/in", true, runtime.Mount{HostPath: "/out:a", Existing: true}),
			container.HostConfig{Mounts: []mount.Mount{{Type: mount.TypeBind, Source: "/out:a", Target: "/in", ReadOnly: true}}}},
		{"of other containers", runtime.ContainerSpec{VolumesFrom: []runtime.VolumesFrom{{Container: "a"}, {Container: "b", ReadOnly: true}}},
			container.HostConfig{VolumesFrom: []string{"a", "b:ro"}}},
	} {
		var got container.HostConfig
		if err := applyMounts(&got, c.spec); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v %+v, want %+v", c.name, err, got, c.want)
		}
	}
}

// Docker would take what follows a colon for an option, such as ro.
func TestMountsRefused(t *testing.T) {
	unprepared := mounting("/in", false, runtime.Mount{Volume: "gantry-1"})
	unprepared.Shared.Mounts = nil
	for want, spec := range map[string]runtime.ContainerSpec{
		"volume v is not prepared":        unprepared,
		"host path /out at /in:ro: a col": mounting("/in:ro", false, runtime.Mount{HostPath: "/out"}),
		"host path /o:z at /in: a colon":  mounting("/in", false, runtime.Mount{HostPath: "/o:z"}),
	} {
		if _, _, err := translate(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
