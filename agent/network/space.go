package network

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// spacesDir is where named network namespaces are mounted, so that `ip -n NAME` finds them.
const spacesDir = "/run/netns"

// space is a network namespace that is open for changes.
type space struct {
	ns netns.NsHandle
	*netlink.Handle
}

// openSpace opens the namespace at a path, such as /proc/PID/ns/net.
func openSpace(path string) (*space, error) {
	ns, err := netns.GetFromPath(path)
	if err != nil {
		return nil, fmt.Errorf("open network namespace %s: %w", path, err)
	}
	h, err := netlink.NewHandleAt(ns, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("enter network namespace %s: %w", path, err), ns.Close())
	}
	return &space{ns, h}, nil
}

func (s *space) close() {
	s.Handle.Close()
	_ = s.ns.Close()
}

// do calls f on a thread inside the namespace.
func (s *space) do(f func() error) error {
	return onThread(func() (back bool, err error) {
		own, err := netns.Get()
		if err != nil {
			return true, err
		}
		defer own.Close()
		if err := netns.Set(s.ns); err != nil {
			return true, fmt.Errorf("enter a network namespace: %w", err)
		}
		err = f()
		return netns.Set(own) == nil, err
	})
}

// onThread calls f on a thread of its own, which ends with it unless f has put it back as it was.
func onThread(f func() (back bool, err error)) (err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		goruntime.LockOSThread()
		var back bool
		if back, err = f(); back {
			goruntime.UnlockOSThread()
		}
	}()
	<-done
	return err
}

// namedSpace opens the namespace of a name, and makes it if there is none.
func namedSpace(name string) (*space, error) {
	path := filepath.Join(spacesDir, name)
	if isSpace(path) {
		return openSpace(path)
	}
	if err := os.MkdirAll(spacesDir, 0o755); err != nil {
		return nil, err
	}
	// an agent that was killed may have left the file without its mount
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o444)
	if err != nil {
		return nil, err
	}
	f.Close()
	err = onThread(func() (back bool, err error) {
		own, err := netns.Get()
		if err != nil {
			return true, err
		}
		defer own.Close()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return true, fmt.Errorf("make a network namespace: %w", err)
		}
		if err = unix.Mount("/proc/thread-self/ns/net", path, "", unix.MS_BIND, ""); err != nil {
			err = fmt.Errorf("keep the network namespace at %s: %w", path, err)
		}
		return netns.Set(own) == nil, err
	})
	if err != nil {
		return nil, err
	}
	return openSpace(path)
}

// isSpace reports whether a namespace is mounted at a path.
func isSpace(path string) bool {
	var at unix.Statfs_t
	return unix.Statfs(path, &at) == nil && at.Type == unix.NSFS_MAGIC
}

// removeSpace removes the name of a namespace, which ends unless a process is in it.
func removeSpace(name string) error {
	path := filepath.Join(spacesDir, name)
	if isSpace(path) {
		if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
			return fmt.Errorf("unmount %s: %w", path, err)
		}
	}
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// setting sets a kernel parameter by its name with dots. It works on the network namespace of the
// calling thread.
func setting(name, value string) error {
	path := filepath.Join("/proc/sys", strings.ReplaceAll(name, ".", "/"))
	if !strings.HasPrefix(path, "/proc/sys/net/") {
		return fmt.Errorf("%s is not a parameter of the network", name)
	}
	if is, err := os.ReadFile(path); err == nil && strings.TrimSpace(string(is)) == value {
		return nil
	}
	if err := os.WriteFile(path, []byte(value), 0o644); err != nil {
		return fmt.Errorf("set %s to %s: %w", name, value, err)
	}
	return nil
}
