package volume

import (
	"cmp"
	"context"
	"maps"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

const (
	scopeShared = "shared"
	driverLocal = "local"
)

// shared finds a Docker volume that outlives tasks, or makes it with autoprovision. The rules are
// those of ECS's agent, and so is the text about a missing one.
func (v *Volumes) shared(ctx context.Context, volume *structs.Volume) (runtime.Mount, error) {
	config := volume.DockerVolumeConfiguration
	mount := runtime.Mount{Volume: volume.Name}
	found, ok, err := v.engine.InspectVolume(ctx, volume.Name)
	if err != nil {
		return mount, err
	}
	if ok && found.Labels[runtime.LabelInstance] != "" {
		return mount, refuse(volume, "the instance has a volume of that name, which is another task's alone")
	}
	labels := withoutOurs(config.Labels)
	if config.Autoprovision == nil || !*config.Autoprovision {
		if ok {
			return mount, nil
		}
		return mount, refuse(volume, "initialize volume: volume detection failed, volume '%s' does not exist and autoprovision is set to false "+
			"(make it on each instance: docker volume create %s)", volume.Name, volume.Name)
	}
	if !ok {
		return mount, v.engine.CreateVolume(ctx, runtime.VolumeSpec{
			Name: volume.Name, Driver: config.Driver, Options: config.DriverOpts, Labels: labels,
		})
	}
	switch {
	case found.Driver != cmp.Or(config.Driver, driverLocal):
		return mount, differs(volume, "driver", found.Driver)
	case !maps.Equal(found.Options, config.DriverOpts):
		return mount, differs(volume, "driverOpts", found.Options)
	case !maps.Equal(found.Labels, labels):
		return mount, differs(volume, "labels", found.Labels)
	}
	return mount, nil
}

func differs(volume *structs.Volume, what string, is any) error {
	return refuse(volume, "the instance has a volume '%s' whose %s is %v, not that of the task definition: "+
		"change the definition, use another name, or remove the volume (docker volume rm %s)", volume.Name, what, is, volume.Name)
}
