package volume

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// nfsVersion is the version of NFS that EFS speaks.
const nfsVersion = "nfsvers=4.1"

// mapped prepares a volume on a file system of AWS's, where the operator mapped it.
func (v *Volumes) mapped(ctx context.Context, as structs.Assignment, n int, m structs.VolumeMapping, rootDirectory string) (mount runtime.Mount, err error) {
	volume := &as.Definition.Volumes[n]
	switch {
	case m.NFS != "":
		mount, err = v.own(ctx, as, n, runtime.VolumeSpec{Options: nfsOptions(m, rootDirectory)})
		mount.Existing = true
		return mount, err
	case m.HostPath != "":
		if err := checkDirectory(m.HostPath, rootDirectory); err != nil {
			return mount, refuse(volume, "%s is mapped to %s: %v", m.ID, m.HostPath, err)
		}
		return runtime.Mount{HostPath: path.Join(m.HostPath, rootDirectory), Existing: true}, nil
	default:
		return v.driven(ctx, volume, m, rootDirectory)
	}
}

// nfsOptions returns the options of Docker's local driver for an export. The engine mounts it while
// a container has it.
func nfsOptions(m structs.VolumeMapping, rootDirectory string) map[string]string {
	host, dir, _ := m.Export()
	options := []string{"addr=" + host}
	if !slices.ContainsFunc(m.Options, func(o string) bool { return strings.HasPrefix(o, "vers=") || strings.HasPrefix(o, "nfsvers=") }) {
		options = append(options, nfsVersion)
	}
	return map[string]string{
		"type": "nfs", "device": ":" + path.Join(dir, rootDirectory), "o": strings.Join(append(options, m.Options...), ","),
	}
}

// checkDirectory checks that a mapped directory is there, and the root directory in it. No part of
// the latter may be a symbolic link: containers may have made it, and it could lead elsewhere on
// the host.
func checkDirectory(hostPath, rootDirectory string) error {
	root, err := os.OpenRoot(hostPath)
	if err != nil {
		return fmt.Errorf("it is not a directory of this instance: %w", errors.Unwrap(err))
	}
	defer root.Close()
	at := ""
	for part := range strings.SplitSeq(strings.Trim(rootDirectory, "/"), "/") {
		if part == "" {
			continue
		}
		at = path.Join(at, part)
		switch info, err := root.Lstat(at); {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("there is no directory %s in it", rootDirectory)
		case err != nil:
			return fmt.Errorf("look at %s in it: %w", rootDirectory, err)
		case !info.IsDir():
			return fmt.Errorf("%s in it is not a directory (symbolic links are not followed)", "/"+at)
		}
	}
	return nil
}

// driven finds or makes the volume of a driver. All tasks on the instance share it, and it is never
// removed, because with some drivers the files would go with it. Another mapping makes another
// volume.
func (v *Volumes) driven(ctx context.Context, volume *structs.Volume, m structs.VolumeMapping, rootDirectory string) (runtime.Mount, error) {
	options, placed := map[string]string{}, rootDirectory == "/"
	for _, o := range m.Options {
		key, value, _ := strings.Cut(o, "=")
		placed = placed || strings.Contains(value, structs.RootDirectoryOption)
		options[key] = strings.ReplaceAll(value, structs.RootDirectoryOption, rootDirectory)
	}
	if !placed {
		return runtime.Mount{}, refuse(volume, "the root directory is %s, and %s is mapped to driver %s without an option that says %s",
			rootDirectory, m.ID, m.Driver, structs.RootDirectoryOption)
	}
	name := drivenName(m, options)
	err := v.engine.CreateVolume(ctx, runtime.VolumeSpec{Name: name, Driver: m.Driver, Options: options})
	return runtime.Mount{Volume: name, Existing: true}, err
}

// drivenName returns the name of a driver's volume: the id that is mapped, and a hash of how.
func drivenName(m structs.VolumeMapping, options map[string]string) string {
	text, _ := json.Marshal([]any{m.Driver, options}) // maps are in order, and texts never fail
	return fmt.Sprintf("gantry-%s-%x", m.ID, sha256.Sum256(text))[:len("gantry-")+len(m.ID)+1+12]
}
