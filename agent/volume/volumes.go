package volume

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/structs"
)

// Volumes are the volumes of the tasks of one container instance.
type Volumes struct {
	engine   runtime.Volumes
	instance string
}

var _ task.Resource = (*Volumes)(nil)

// New returns the volumes of an instance. engine shows only volumes of that instance.
func New(instance string, engine runtime.Volumes) *Volumes {
	return &Volumes{engine: engine, instance: instance}
}

// Name implements task.Resource.
func (*Volumes) Name() string { return "volumes" }

// Needs reports whether a container of the task mounts a volume.
func (*Volumes) Needs(as structs.Assignment) bool {
	for i := range as.Definition.ContainerDefinitions {
		if len(as.Definition.ContainerDefinitions[i].MountPoints) > 0 {
			return true
		}
	}
	return false
}

// Prepare makes the volumes that the task's containers mount. Once containers of it may run, a
// volume that cannot be had any more does not end the task: its mapping may have been removed
// since, and they have their files. Only a container that is still to be created fails.
func (v *Volumes) Prepare(ctx context.Context, as structs.Assignment) (runtime.Shared, error) {
	shared := runtime.Shared{Mounts: map[string]runtime.Mount{}}
	for n := range as.Definition.Volumes {
		volume := &as.Definition.Volumes[n]
		if !as.Definition.Mounts(volume.Name) {
			continue
		}
		mount, err := v.prepare(ctx, as, n)
		if _, refused := errors.AsType[*runtime.Error](err); refused && as.Task.LastStatus >= structs.TaskActivating {
			continue
		}
		if err != nil {
			return runtime.Shared{}, err
		}
		shared.Mounts[volume.Name] = mount
	}
	return shared, nil
}

// prepare makes one volume of a task.
func (v *Volumes) prepare(ctx context.Context, as structs.Assignment, n int) (runtime.Mount, error) {
	volume := &as.Definition.Volumes[n]
	if id, rootDirectory := volume.Mapped(); id != "" {
		m, ok := as.Mappings[id]
		if !ok {
			return runtime.Mount{}, refuse(volume, "%s", structs.NotMapped(id))
		}
		return v.mapped(ctx, as, n, m, rootDirectory)
	}
	if docker := volume.DockerVolumeConfiguration; docker != nil {
		if docker.Scope == scopeShared {
			return v.shared(ctx, volume)
		}
		return v.own(ctx, as, n, runtime.VolumeSpec{Driver: docker.Driver, Options: docker.DriverOpts, Labels: docker.Labels})
	}
	if volume.Host != nil && volume.Host.SourcePath != "" {
		if !path.IsAbs(volume.Host.SourcePath) {
			return runtime.Mount{}, refuse(volume, "host.sourcePath '%s' is not an absolute path", volume.Host.SourcePath)
		}
		return runtime.Mount{HostPath: volume.Host.SourcePath}, nil
	}
	return v.own(ctx, as, n, runtime.VolumeSpec{SizeGiB: as.Definition.StorageGiB(as.Overrides)})
}

// own makes a volume of the engine for one task.
func (v *Volumes) own(ctx context.Context, as structs.Assignment, n int, spec runtime.VolumeSpec) (runtime.Mount, error) {
	name := as.Definition.Volumes[n].Name
	spec.Name = volumeName(as.Task.ID, n, name)
	spec.Labels = withoutOurs(spec.Labels)
	spec.Labels[runtime.LabelInstance] = v.instance
	spec.Labels[runtime.LabelCluster] = as.Task.Cluster
	spec.Labels[runtime.LabelTask] = as.Task.ID
	spec.Labels[runtime.LabelVolume] = name
	if err := v.engine.CreateVolume(ctx, spec); err != nil {
		return runtime.Mount{}, err
	}
	return runtime.Mount{Volume: spec.Name}, nil
}

// volumeName returns the engine's name for a volume of one task, the n-th of its definition. It
// depends only on the task, so that after a crash another create finds what the first one created.
func volumeName(task string, n int, name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("_.-", r):
			return r
		}
		return '-'
	}, name)
	return fmt.Sprintf("gantry-%s-%d-%s", task, n, name[:min(100, len(name))])
}

// withoutOurs returns a copy of labels without those that only the agent may give.
func withoutOurs(labels map[string]string) map[string]string {
	all := make(map[string]string, len(labels)+4)
	for key, value := range labels {
		if !strings.HasPrefix(key, "gantry.") {
			all[key] = value
		}
	}
	return all
}

// refuse returns the error of a volume that a task cannot have.
func refuse(volume *structs.Volume, format string, args ...any) error {
	return &runtime.Error{
		Name: task.ResourceInitialization, Reason: "volume " + volume.Name + ": " + fmt.Sprintf(format, args...),
	}
}

// Release does nothing: as long as the containers of an ended task are kept for people to look at,
// its volumes are too. The engine would not remove them anyway.
func (*Volumes) Release(context.Context, string) error { return nil }

// Sweep removes the volumes of tasks that the agent does not hold, unless a container has one.
func (v *Volumes) Sweep(ctx context.Context, holds func(task string) bool) error {
	list, err := v.engine.ListVolumes(ctx)
	errs := []error{err}
	for _, volume := range list {
		if !holds(volume.Labels[runtime.LabelTask]) {
			_, err := v.engine.RemoveVolume(ctx, volume.Name)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
