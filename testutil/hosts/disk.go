package hosts

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Requests of ioctl_fsfreeze (linux/fs.h).
const freezeDisk, thawDisk = 0xc0045877, 0xc0045878

// mountDisk mounts a disk with a size in MiB on a folder. The disk is in memory, beside the folder:
// the tests are about how a disk fails, not how slow it is. A file system on a block device can be
// frozen; one that is only in memory cannot.
func mountDisk(dir string, size int) error {
	memory := dir + ".disk"
	image := filepath.Join(memory, "image")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.Mkdir(memory, 0o700)); err != nil {
		return err
	}
	if err := run("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm", size+1), prefix+"disk", memory); err != nil {
		return err
	}
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		return err
	}
	if err := os.Truncate(image, int64(size)<<20); err != nil {
		return err
	}
	if err := run("mkfs.ext4", "-q", "-m", "0", image); err != nil {
		return err
	}
	return run("mount", "-o", "loop", image, dir)
}

// HangDisk makes every write to the server's disk hang until MendDisk. No signal ends a process
// that waits for one.
func (s *Server) HangDisk() error { return onDisk(s.Data, freezeDisk) }

// MendDisk lets the writes to a hanging disk go on; it does nothing to other disks.
func (s *Server) MendDisk() error { return mendDisk(s.Data) }

func mendDisk(dir string) error {
	if err := onDisk(dir, thawDisk); !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil // it does not hang
}

func onDisk(dir string, request uintptr) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if _, _, code := syscall.Syscall(syscall.SYS_IOCTL, d.Fd(), request, 0); code != 0 {
		return fmt.Errorf("freeze or thaw the disk of %s: %w", dir, code)
	}
	return nil
}
