package state

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var volumeMappings = Declare(Declaration[structs.VolumeMapping]{
	Table: 41, Name: "volume mappings",
	Less: func(a, b *structs.VolumeMapping) bool { return a.ID < b.ID },
})

// VolumeMapping returns the mapping of a file system or access point, or nil if it has none.
func (s *Snapshot) VolumeMapping(id string) *structs.VolumeMapping {
	return volumeMappings.get(s, &structs.VolumeMapping{ID: id})
}

// VolumeMappings returns all mappings by id.
func (s *Snapshot) VolumeMappings() iter.Seq[*structs.VolumeMapping] { return volumeMappings.all(s) }

// PutVolumeMapping adds a mapping, or replaces the one of the same id.
func (tx *Tx) PutVolumeMapping(m *structs.VolumeMapping) { volumeMappings.put(tx, m) }

// RemoveVolumeMapping removes a mapping.
func (tx *Tx) RemoveVolumeMapping(m *structs.VolumeMapping) { volumeMappings.remove(tx, m) }
