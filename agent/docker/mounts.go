package docker

import (
	"fmt"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"

	"github.com/gantry-project/gantry/agent/runtime"
)

// applyMounts adds the volumes of the task that the container mounts, what the resources of the
// task have it mount, and the mounts of other containers. A host path is a bind, because Docker
// makes a missing directory only for binds, as ECS's agent has it do.
func applyMounts(host *container.HostConfig, spec runtime.ContainerSpec) error {
	for _, m := range spec.Definition.MountPoints {
		from, ok := spec.Shared.Mounts[m.SourceVolume]
		readOnly := isTrue(m.ReadOnly)
		switch {
		case !ok:
			return fmt.Errorf("container %s: volume %s is not prepared", spec.Name, m.SourceVolume)
		case from.Volume != "":
			host.Mounts = append(host.Mounts, mount.Mount{
				Type: mount.TypeVolume, Source: from.Volume, Target: m.ContainerPath, ReadOnly: readOnly,
				VolumeOptions: &mount.VolumeOptions{NoCopy: from.Existing},
			})
		case from.Existing:
			host.Mounts = append(host.Mounts, mount.Mount{
				Type: mount.TypeBind, Source: from.HostPath, Target: m.ContainerPath, ReadOnly: readOnly,
			})
		case strings.Contains(from.HostPath+m.ContainerPath, ":"):
			return fmt.Errorf("container %s: host path %s at %s: a colon in a path is not supported",
				spec.Name, from.HostPath, m.ContainerPath)
		default:
			host.Binds = append(host.Binds, from.HostPath+":"+m.ContainerPath+mode(readOnly))
		}
	}
	for _, b := range spec.Shared.Binds[spec.Definition.Name] {
		host.Mounts = append(host.Mounts, mount.Mount{Type: mount.TypeBind, Source: b.HostPath, Target: b.Path, ReadOnly: b.ReadOnly})
	}
	for _, v := range spec.VolumesFrom {
		host.VolumesFrom = append(host.VolumesFrom, v.Container+mode(v.ReadOnly))
	}
	return nil
}

// mode returns the last part of a bind. Without one, what is mounted can be written unless the
// other container's mount is read-only.
func mode(readOnly bool) string {
	if readOnly {
		return ":ro"
	}
	return ""
}
