package structs

import (
	"strings"
	"testing"
)

func TestValidateVolumeMapping(t *testing.T) {
	for _, m := range []VolumeMapping{
		{ID: "fs-0123456789abcdef0", NFS: "10.0.0.1:/"},
		{ID: "fsap-0123", NFS: "[fd00::1]:/a/b", Options: []string{"soft", "nfsvers=4.2"}},
		{ID: "fs-1", HostPath: "/srv/x"},
		{ID: "fs-1", Driver: "local", Options: []string{"type=cifs", "o=addr=a,b", "device="}},
	} {
		if err := m.Validate(); err != nil {
			t.Errorf("%+v: %v", m, err)
		}
	}
	for want, m := range map[string]VolumeMapping{
		`id: ""`:               {HostPath: "/srv"},
		`id: "vol-1"`:          {ID: "vol-1", HostPath: "/srv"},
		`id: "fs-a b"`:         {ID: "fs-a b", HostPath: "/srv"},
		"map fs-1 to one of":   {ID: "fs-1"},
		"map fs-2 to one of":   {ID: "fs-2", NFS: "a:/b", Driver: "d"},
		`hostPath: "srv"`:      {ID: "fs-1", HostPath: "srv"},
		`hostPath: "/a/../b"`:  {ID: "fs-1", HostPath: "/a/../b"},
		"a host path has none": {ID: "fs-1", HostPath: "/a", Options: []string{"ro"}},
		`nfs: "files"`:         {ID: "fs-1", NFS: "files"},
		`nfs: ":/x"`:           {ID: "fs-1", NFS: ":/x"},
		`nfs: "a:b:/x"`:        {ID: "fs-1", NFS: "a:b:/x"},
		`nfs: "a,b:/x"`:        {ID: "fs-1", NFS: "a,b:/x"},
		`nfs: "[a]:/x"`:        {ID: "fs-1", NFS: "[a]:/x"},
		`nfs: "a:/x/../y"`:     {ID: "fs-1", NFS: "a:/x/../y"},
		`"o=ro,soft": give`:    {ID: "fs-1", NFS: "a:/x", Options: []string{"o=ro,soft"}},
		`"ro" is not NAME`:     {ID: "fs-1", Driver: "d", Options: []string{"ro"}},
		`"=x" is not NAME`:     {ID: "fs-1", Driver: "d", Options: []string{"=x"}},
	} {
		if err := m.Validate(); err == nil || !strings.Contains(err.Message, want) {
			t.Errorf("%+v: %v, want %q", m, err, want)
		}
	}
}

// The id that must be mapped, and the directory below, of each kind of volume.
func TestMappedVolumes(t *testing.T) {
	point := &EFSAuthorizationConfig{AccessPointId: "fsap-1", Iam: "ENABLED"}
	const arn = "arn:aws:s3files:us-east-1:000000000000:file-system/fs-3"
	for _, c := range []struct {
		volume   Volume
		id, root string
	}{
		{Volume{Name: "v"}, "", ""},
		{Volume{Host: &HostVolumeProperties{SourcePath: "/x"}}, "", ""},
		{Volume{EfsVolumeConfiguration: &EFSVolumeConfiguration{FileSystemId: "fs-1"}}, "fs-1", "/"},
		{Volume{EfsVolumeConfiguration: &EFSVolumeConfiguration{FileSystemId: "fs-1", RootDirectory: "a/../../b/"}}, "fs-1", "/b"},
		{Volume{EfsVolumeConfiguration: &EFSVolumeConfiguration{FileSystemId: "fs-1", AuthorizationConfig: point}}, "fsap-1", "/"},
		{Volume{S3filesVolumeConfiguration: &S3FilesVolumeConfiguration{FileSystemArn: arn, RootDirectory: "/d"}}, "fs-3", "/d"},
		{Volume{S3filesVolumeConfiguration: &S3FilesVolumeConfiguration{FileSystemArn: arn, AccessPointArn: arn + "/access-point/fsap-4"}}, "fsap-4", "/"},
		{Volume{FsxWindowsFileServerVolumeConfiguration: &FSxWindowsFileServerVolumeConfiguration{FileSystemId: "fs-5", RootDirectory: `share\dir`}}, "fs-5", "/share/dir"},
	} {
		if id, root := c.volume.Mapped(); id != c.id || root != c.root {
			t.Errorf("%+v: %q %q, want %q %q", c.volume, id, root, c.id, c.root)
		}
	}
}

func TestStorage(t *testing.T) {
	for size, ok := range map[int32]bool{0: true, 1: false, 20: false, 21: true, 200: true, 201: false, -1: false} {
		asked := &EphemeralStorage{SizeInGiB: size}
		d := definition(t, `{"family":"f","containerDefinitions":[{"name":"a","image":"i","memory":64}]}`)
		d.EphemeralStorage = asked
		o := &TaskOverride{EphemeralStorage: asked}
		for what, err := range map[string]*Error{"definition": d.Validate(), "override": o.Validate()} {
			if (err == nil) != ok || err != nil && !strings.Contains(err.Message, "21 and 200") {
				t.Errorf("%d GiB in the %s: %v", size, what, err)
			}
		}
		d.EphemeralStorage = &EphemeralStorage{SizeInGiB: 30}
		want := size
		if size == 0 {
			want = 30
		}
		if got := d.StorageGiB(o); got != want {
			t.Errorf("30 GiB with an override of %d are %d", size, got)
		}
	}
}
