package control

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// MapVolume says where the files of one of AWS's file systems are. It replaces an earlier mapping
// of the same id, and affects tasks that start after it.
func (c *Control) MapVolume(ctx context.Context, m structs.VolumeMapping) (structs.VolumeMapping, error) {
	m.ID = structs.FileSystemID(m.ID)
	if err := m.Validate(); err != nil {
		return m, err
	}
	m.UpdatedAt, m.UpdatedBy = c.Now(), ""
	if by := CallerOf(ctx); by != nil {
		m.UpdatedBy = by.ARN
	}
	_, err := c.config.Log.Apply(ctx, structs.PutVolumeMapping{Mapping: m})
	return m, err
}

// UnmapVolume removes a mapping. Tasks that run keep their files.
func (c *Control) UnmapVolume(ctx context.Context, id string) error {
	_, err := c.config.Log.Apply(ctx, structs.DeleteVolumeMapping{ID: structs.FileSystemID(id)})
	return err
}

// VolumeMappings returns all mappings.
func (c *Control) VolumeMappings(ctx context.Context) (structs.VolumeMappingList, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return structs.VolumeMappingList{}, err
	}
	return structs.VolumeMappingList{Mappings: slices.AppendSeq([]*structs.VolumeMapping{}, snap.VolumeMappings())}, nil
}

// VolumeMapping returns the mapping of a file system or access point.
func (c *Control) VolumeMapping(ctx context.Context, id string) (*structs.VolumeMapping, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	id = structs.FileSystemID(id)
	m := snap.VolumeMapping(id)
	if m == nil {
		return nil, structs.ErrVolumeNotMapped(id)
	}
	return m, nil
}

// volumeMappings returns the mappings of the file systems that a definition mounts, nil if there
// are none.
func volumeMappings(snap *state.Snapshot, d *structs.TaskDefinition) map[string]structs.VolumeMapping {
	if d == nil {
		return nil
	}
	var found map[string]structs.VolumeMapping
	for i := range d.Volumes {
		id, _ := d.Volumes[i].Mapped()
		if id == "" {
			continue
		}
		if m := snap.VolumeMapping(id); m != nil {
			if found == nil {
				found = map[string]structs.VolumeMapping{}
			}
			found[id] = *m
		}
	}
	return found
}
