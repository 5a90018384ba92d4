package fsm

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/structs"
)

// volumeMappingSamples are the samples about volume mappings.
func volumeMappingSamples() map[string]structs.Command {
	return map[string]structs.Command{
		"put_volume_mapping": structs.PutVolumeMapping{Mapping: structs.VolumeMapping{
			ID: "fs-0123", NFS: "files:/export", HostPath: "/srv", Driver: "local", Options: []string{"nfsvers=4.2"},
			UpdatedAt: 1_700_000_000_300, UpdatedBy: "arn:aws:iam::000000000000:user/me",
		}},
		"delete_volume_mapping": structs.DeleteVolumeMapping{ID: "fs-0123"},
	}
}

// anyVolumeMapping draws a command about a mapping.
func anyVolumeMapping() *rapid.Generator[structs.Command] {
	return draw(func(t *rapid.T) structs.Command {
		id := rapid.SampledFrom([]string{"fs-1", "fs-2", "fsap-1"}).Draw(t, "id")
		if rapid.Bool().Draw(t, "unmap") {
			return structs.DeleteVolumeMapping{ID: id}
		}
		return structs.PutVolumeMapping{Mapping: structs.VolumeMapping{ID: id, HostPath: "/srv", UpdatedAt: anyTime.Draw(t, "at")}}
	})
}

// A second mapping of an id replaces the first.
func TestVolumeMapping(t *testing.T) {
	h := newHarness(t)
	h.refused(structs.DeleteVolumeMapping{ID: "fs-1"}, structs.KindResourceNotFound, "fs-1 is not mapped")
	for _, dir := range []string{"/a", "/b"} {
		h.do(structs.PutVolumeMapping{Mapping: structs.VolumeMapping{ID: "fs-1", HostPath: dir}})
	}
	h.do(structs.PutVolumeMapping{Mapping: structs.VolumeMapping{ID: "fs-2", NFS: "files:/"}})
	if all := slices.Collect(h.snap().VolumeMappings()); len(all) != 2 || all[0].HostPath != "/b" {
		t.Errorf("mappings %+v", all)
	}
	h.do(structs.DeleteVolumeMapping{ID: "fs-1"})
	if h.snap().VolumeMapping("fs-1") != nil || h.snap().VolumeMapping("fs-2") == nil {
		t.Error("fs-1 is mapped still, or fs-2 is not")
	}
}
