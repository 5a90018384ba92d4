package structs

import (
	"net"
	"path"
	"regexp"
	"slices"
	"strings"
)

// VolumeMapping says where the files of one of AWS's file systems are here. Task definitions name
// such file systems by ids, and stay as they are. Exactly one of NFS, HostPath and Driver is set.
type VolumeMapping struct {
	// ID is the id of a file system (fs-…), or of an access point (fsap-…).
	ID string `json:"id"`
	// NFS is an export, as HOST:/PATH.
	NFS string `json:"nfs,omitzero"`
	// HostPath is a directory that every instance has at the same path.
	HostPath string `json:"hostPath,omitzero"`
	// Driver is a volume driver of the instances' container engines.
	Driver string `json:"driver,omitzero"`
	// Options are mount options of NFS (nfsvers=4.2, ro), or options of the driver (NAME=VALUE).
	// RootDirectoryOption in the value of a driver's option stands for the root directory that the
	// definition names.
	Options   []string `json:"options,omitzero"`
	UpdatedAt Time     `json:"updatedAt,omitzero"`
	UpdatedBy string   `json:"updatedBy,omitzero"` // the ARN of who mapped it
}

// RootDirectoryOption in an option of a driver stands for a root directory, such as / or /data.
const RootDirectoryOption = "{rootDirectory}"

// VolumeMappingList is the native API's list of mappings.
type VolumeMappingList struct {
	Mappings []*VolumeMapping `json:"mappings"`
}

// PutVolumeMapping maps a file system or an access point, or maps it anew.
type PutVolumeMapping struct {
	Mapping VolumeMapping
}

// CommandType implements Command.
func (PutVolumeMapping) CommandType() CommandType { return CmdPutVolumeMapping }

// DeleteVolumeMapping removes a mapping.
type DeleteVolumeMapping struct {
	ID string
}

// CommandType implements Command.
func (DeleteVolumeMapping) CommandType() CommandType { return CmdDeleteVolumeMapping }

var (
	fileSystemID = regexp.MustCompile(`^(fs|fsap)-[0-9A-Za-z]{1,64}$`)
	volumeOption = regexp.MustCompile(`^[\w.-]+(=.*)?$`)
)

// FileSystemID returns the id of a file system or access point from its id or ARN.
func FileSystemID(idOrARN string) string { return idOrARN[strings.LastIndexByte(idOrARN, '/')+1:] }

// Validate reports what is wrong with a mapping.
func (m *VolumeMapping) Validate() *Error {
	given := 0
	for _, text := range []string{m.NFS, m.HostPath, m.Driver} {
		if text != "" {
			given++
		}
	}
	switch {
	case !fileSystemID.MatchString(m.ID):
		return m.invalid("id: %q is not the id of a file system (fs-0123) or of an access point (fsap-0123)", m.ID)
	case given != 1:
		return m.invalid("map %s to one of these: an NFS export (nfs), a directory (hostPath), a volume driver (driver)", m.ID)
	case m.HostPath != "" && (!path.IsAbs(m.HostPath) || path.Clean(m.HostPath) != m.HostPath):
		return m.invalid("hostPath: %q is not an absolute path without . and .. and without a slash at its end", m.HostPath)
	case m.HostPath != "" && len(m.Options) > 0:
		return m.invalid("options: a host path has none")
	}
	if m.NFS != "" {
		if _, _, ok := m.Export(); !ok {
			return m.invalid("nfs: %q is not HOST:/PATH", m.NFS)
		}
	}
	for _, o := range m.Options {
		switch {
		case !volumeOption.MatchString(o) || m.Driver != "" && !strings.Contains(o, "="):
			return m.invalid("options: %q is not NAME=VALUE", o)
		case m.NFS != "" && strings.Contains(o, ","):
			return m.invalid("options: %q: give each mount option by itself", o)
		}
	}
	return nil
}

func (m *VolumeMapping) invalid(format string, args ...any) *Error {
	return Errorf(KindInvalidParameter, format, args...)
}

// NotMapped says what to do about a file system or access point that is not mapped.
func NotMapped(id string) string {
	return id + " is not mapped; map it with: gantry volume map " + id + " --nfs HOST:/PATH (or --host-path, or --driver)"
}

// ErrVolumeNotMapped means that there is no mapping of an id.
func ErrVolumeNotMapped(id string) *Error { return Errorf(KindResourceNotFound, "%s", NotMapped(id)) }

// Export returns the host and the path of NFS; ok is false if it is not HOST:/PATH. An IPv6 address
// is in brackets.
func (m *VolumeMapping) Export() (host, dir string, ok bool) {
	host, dir, ok = strings.Cut(m.NFS, ":/")
	if bare, v6 := strings.CutPrefix(host, "["); v6 {
		bare, closed := strings.CutSuffix(bare, "]")
		host, ok = bare, ok && closed && net.ParseIP(bare) != nil
	} else if strings.ContainsAny(host, ":") {
		ok = false
	}
	dir = "/" + dir
	return host, dir, ok && host != "" && !strings.ContainsAny(host, " ,/") && path.Clean(dir) == dir
}

// Mapped returns the id that must be mapped for a volume and the root directory below it. The id is
// "" for a volume that is not on one of AWS's file systems. An access point has a directory of its
// own, which only AWS knows, so it is mapped by itself.
func (v *Volume) Mapped() (id, rootDirectory string) {
	switch {
	case v.EfsVolumeConfiguration != nil:
		c := v.EfsVolumeConfiguration
		if c.AuthorizationConfig != nil && c.AuthorizationConfig.AccessPointId != "" {
			return FileSystemID(c.AuthorizationConfig.AccessPointId), "/"
		}
		id, rootDirectory = c.FileSystemId, c.RootDirectory
	case v.S3filesVolumeConfiguration != nil:
		c := v.S3filesVolumeConfiguration
		if id, rootDirectory = c.FileSystemArn, c.RootDirectory; c.AccessPointArn != "" {
			id = c.AccessPointArn
		}
	case v.FsxWindowsFileServerVolumeConfiguration != nil:
		c := v.FsxWindowsFileServerVolumeConfiguration
		id, rootDirectory = c.FileSystemId, strings.ReplaceAll(c.RootDirectory, `\`, "/")
	default:
		return "", ""
	}
	return FileSystemID(id), path.Clean("/" + rootDirectory)
}

// Mounts reports whether a container mounts a volume.
func (d *TaskDefinition) Mounts(volume string) bool {
	return slices.ContainsFunc(d.ContainerDefinitions, func(c ContainerDefinition) bool {
		return slices.ContainsFunc(c.MountPoints, func(m MountPoint) bool { return m.SourceVolume == volume })
	})
}
