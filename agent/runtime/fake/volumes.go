package fake

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/gantry-project/gantry/agent/runtime"
)

// Volumes lists the volumes of the engine by name.
func (e *Engine) Volumes() []runtime.VolumeSpec {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.SortedFunc(maps.Values(e.volumes), func(a, b runtime.VolumeSpec) int { return cmp.Compare(a.Name, b.Name) })
}

// Mounts returns what a container of that name was given to mount, by volume.
func (e *Engine) Mounts(name string) map[string]runtime.Mount {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.containers {
		if c.state.Name == name {
			return c.spec.Shared.Mounts
		}
	}
	return nil
}

// CreateVolume creates a volume, or finds the one of that name.
func (r *Runtime) CreateVolume(ctx context.Context, spec runtime.VolumeSpec) error {
	return r.call(ctx, "CreateVolume "+spec.Name, 0, func() error {
		if _, ok := r.engine.volumes[spec.Name]; !ok {
			spec.Driver = cmp.Or(spec.Driver, "local")
			r.engine.volumes[spec.Name] = spec
		}
		return nil
	})
}

// InspectVolume returns a volume by its name.
func (r *Runtime) InspectVolume(ctx context.Context, name string) (spec runtime.VolumeSpec, ok bool, err error) {
	err = r.call(ctx, "InspectVolume "+name, 0, func() error {
		spec, ok = r.engine.volumes[name]
		return nil
	})
	return spec, ok, err
}

// ListVolumes lists the volumes of the instance's tasks.
func (r *Runtime) ListVolumes(ctx context.Context) (list []runtime.VolumeSpec, err error) {
	err = r.call(ctx, "Volumes", 0, func() error {
		for _, v := range r.engine.volumes {
			if v.Labels[runtime.LabelInstance] == r.instance {
				list = append(list, v)
			}
		}
		return nil
	})
	return list, err
}

// RemoveVolume removes a volume that no container has.
func (r *Runtime) RemoveVolume(ctx context.Context, name string) (gone bool, err error) {
	err = r.call(ctx, "RemoveVolume "+name, 0, func() error {
		e := r.engine
		if v, ok := e.volumes[name]; ok && v.Labels[runtime.LabelInstance] != r.instance {
			return nil
		}
		for _, c := range e.containers {
			for _, m := range c.spec.Definition.MountPoints {
				if c.spec.Shared.Mounts[m.SourceVolume].Volume == name {
					return nil
				}
			}
		}
		delete(e.volumes, name)
		gone = true
		return nil
	})
	return gone, err
}
