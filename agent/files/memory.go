package files

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// DefaultDir returns a directory in memory for the files of tasks, which it makes:
// /run/gantry/files for root, and the user's runtime directory for others. /dev/shm is the last
// resort, for machines whose /run is on a disk. It fails if none is in memory.
func DefaultDir() (string, error) {
	tries := []string{"/run/gantry/files"}
	if runtime := os.Getenv("XDG_RUNTIME_DIR"); os.Getuid() != 0 && runtime != "" {
		tries = []string{filepath.Join(runtime, "gantry", "files")}
	}
	for _, dir := range append(tries, "/dev/shm/gantry-files-"+strconv.Itoa(os.Getuid())) {
		if MakeDir(dir) == nil {
			return dir, nil
		}
	}
	return "", errors.New("the agent has no directory in memory for the files of tasks; start it with --files-dir DIR, a directory on a tmpfs")
}

// MakeDir makes a directory for the files of tasks. It fails unless that is in memory, and only its
// owner, who runs this process, has access to it.
func MakeDir(dir string) error {
	if !filepath.IsAbs(dir) || filepath.Clean(dir) != dir {
		return fmt.Errorf("%q is not an absolute path, or has . or .. in it", dir)
	}
	if err := inMemory(existing(dir)); err != nil { // before anything is made on a disk
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	var stat unix.Stat_t
	if err := unix.Lstat(dir, &stat); err != nil {
		return fmt.Errorf("look at %s: %w", dir, err)
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR || int(stat.Uid) != os.Getuid() {
		return fmt.Errorf("%s is not a directory of this user's", dir)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return err
	}
	return inMemory(dir)
}

// existing returns the directory itself, or the closest one above it that exists.
func existing(dir string) string {
	for dir != "/" {
		if _, err := os.Lstat(dir); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	return dir
}

// inMemory fails if a directory is on a disk.
func inMemory(dir string) error {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return fmt.Errorf("look at the file system of %s: %w", dir, err)
	}
	if stat.Type != unix.TMPFS_MAGIC && stat.Type != unix.RAMFS_MAGIC {
		return fmt.Errorf("%s is not in memory (tmpfs); secrets of tasks would be written to a disk", dir)
	}
	return nil
}
