package docker

import (
	"cmp"
	"context"
	"fmt"
	"maps"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/volume"

	"github.com/gantry-project/gantry/agent/runtime"
)

// cannotInitialize is ECS's name for the error of a volume that cannot be had.
const cannotInitialize = "ResourceInitializationError"

const driverLocal = "local"

// CreateVolume creates a volume. Docker answers with the existing one if there is one of that name
// and driver.
func (e *Engine) CreateVolume(ctx context.Context, spec runtime.VolumeSpec) error {
	options := maps.Clone(spec.Options)
	if spec.SizeGiB > 0 && e.quota.volumes.Load() && cmp.Or(spec.Driver, driverLocal) == driverLocal && len(options) == 0 {
		options = sizeOf(spec.SizeGiB)
	}
	create := volume.CreateOptions{Name: spec.Name, Driver: cmp.Or(spec.Driver, driverLocal), DriverOpts: options, Labels: spec.Labels}
	v, err := e.api.VolumeCreate(ctx, create)
	// An engine that ended meanwhile may have made it and not have noted its labels.
	if err == nil && len(v.Labels) == 0 && e.owns(spec.Labels) {
		if err = e.api.VolumeRemove(ctx, spec.Name, false); err == nil || errdefs.IsNotFound(err) {
			_, err = e.api.VolumeCreate(ctx, create)
		}
	}
	if err != nil {
		return failure(ctx, cannotInitialize, err)
	}
	return nil
}

// InspectVolume returns a volume by its name.
func (e *Engine) InspectVolume(ctx context.Context, name string) (spec runtime.VolumeSpec, ok bool, err error) {
	v, err := e.api.VolumeInspect(ctx, name)
	if errdefs.IsNotFound(err) {
		return runtime.VolumeSpec{}, false, nil
	}
	if err != nil {
		return runtime.VolumeSpec{}, false, failure(ctx, cannotInitialize, err)
	}
	return volumeOf(v), true, nil
}

func volumeOf(v volume.Volume) runtime.VolumeSpec {
	return runtime.VolumeSpec{Name: v.Name, Driver: v.Driver, Options: v.Options, Labels: v.Labels}
}

// ListVolumes lists the volumes of the instance's tasks.
func (e *Engine) ListVolumes(ctx context.Context) ([]runtime.VolumeSpec, error) {
	list, err := e.api.VolumeList(ctx, volume.ListOptions{
		Filters: filters.NewArgs(filters.Arg("label", runtime.LabelInstance+"="+e.instance)),
	})
	if err != nil {
		return nil, fmt.Errorf("list the volumes: %w", err)
	}
	var volumes []runtime.VolumeSpec
	for _, v := range list.Volumes {
		if e.owns(v.Labels) {
			volumes = append(volumes, volumeOf(*v))
		}
	}
	return volumes, nil
}

// RemoveVolume removes a volume of the instance's tasks.
func (e *Engine) RemoveVolume(ctx context.Context, name string) (gone bool, err error) {
	v, ok, err := e.InspectVolume(ctx, name)
	if err != nil || !ok || !e.owns(v.Labels) {
		return !ok, err
	}
	err = e.api.VolumeRemove(ctx, name, false)
	switch {
	case err == nil, errdefs.IsNotFound(err):
		return true, nil
	case errdefs.IsConflict(err): // in use
		return false, nil
	}
	return false, fmt.Errorf("remove volume %s: %w", name, err)
}
