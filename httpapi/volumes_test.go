package httpapi_test

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// The life of a mapping over the API: made, made anew, listed, shown, removed.
func TestVolumeMappings(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	if list, err := f.client.VolumeMappings(ctx); err != nil || list.Mappings == nil || len(list.Mappings) != 0 {
		t.Errorf("at first: %+v %v", list, err)
	}
	const arn = "arn:aws:s3files:us-east-1:000000000000:file-system/fs-1/access-point/fsap-2"
	for _, m := range []structs.VolumeMapping{
		{ID: "fs-1", NFS: "files:/export"},
		{ID: "fs-1", Driver: "local", Options: []string{"type=cifs", "o=addr=files,ro"}},
		{ID: arn, HostPath: "/srv"},
	} {
		if out, err := f.client.MapVolume(ctx, m); err != nil || out.UpdatedAt == 0 {
			t.Fatalf("map %+v: %+v %v", m, out, err)
		}
	}
	list, err := f.client.VolumeMappings(ctx)
	if err != nil || len(list.Mappings) != 2 || list.Mappings[0].Driver != "local" || list.Mappings[0].NFS != "" || list.Mappings[1].ID != "fsap-2" {
		t.Errorf("list: %+v %v", list, err)
	}
	if m, err := f.client.VolumeMapping(ctx, arn); err != nil || m.HostPath != "/srv" {
		t.Errorf("show: %+v %v", m, err)
	}
	noError(t, f.client.UnmapVolume(ctx, "fs-1"))
	_, err = f.client.VolumeMapping(ctx, "fs-1")
	for _, err := range []error{err, f.client.UnmapVolume(ctx, "fs-1")} {
		if structs.KindOf(err) != structs.KindResourceNotFound {
			t.Errorf("fs-1 is there: %v", err)
		}
	}
}
