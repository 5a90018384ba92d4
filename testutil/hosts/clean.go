package hosts

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// endWait bounds the wait for processes that were killed.
const endWait = 10 * time.Second

// clean removes everything that has our names: processes in our namespaces and control groups,
// mounts, namespaces, the link, files.
func clean() error {
	spaces, err := filepath.Glob("/run/netns/" + prefix + "*")
	if err != nil {
		return err
	}
	mounted, err := mounts()
	if err != nil {
		return err
	}
	for _, path := range mounted {
		// Most are not disks that can hang. A process that waits for one cannot be killed.
		_ = mendDisk(path)
	}
	if err := endAll(spaces); err != nil {
		return err
	}
	if err := unmountAll(); err != nil {
		return err
	}
	for _, path := range spaces {
		if err := run("ip", "netns", "del", filepath.Base(path)); err != nil {
			return err
		}
	}
	if err := removeRouters(); err != nil {
		return err
	}
	// The link goes with the switch, a moment later.
	if _, err := os.Stat("/sys/class/net/" + uplink); err == nil {
		_ = run("ip", "link", "del", uplink)
	}
	return errors.Join(os.RemoveAll(root), removeGroups())
}

// removeRouters removes the routers of agents whose data was below root (agent/network).
func removeRouters() error {
	notes, err := filepath.Glob("/run/gantry/networks/*.json")
	if err != nil {
		return err
	}
	for _, note := range notes {
		text, err := os.ReadFile(note)
		if err != nil || !strings.Contains(string(text), `"`+root+"/") {
			continue
		}
		name := "gantry-" + strings.TrimSuffix(filepath.Base(note), ".json")
		if _, err := os.Stat("/run/netns/" + name); err == nil {
			if err := run("ip", "netns", "del", name); err != nil {
				return err
			}
		}
		if err := os.Remove(note); err != nil {
			return err
		}
	}
	return nil
}

// endAll kills what runs in namespaces or in control groups of ours.
func endAll(spaces []string) error {
	ours := map[uint64]bool{}
	for _, path := range spaces {
		ours[inode(path)] = true
	}
	for deadline := time.Now().Add(endWait); ; time.Sleep(20 * time.Millisecond) {
		alive := processes(func(p process) bool { return ours[p.space] || p.contained("") })
		if len(alive) == 0 {
			return nil
		}
		for _, p := range alive {
			_ = syscall.Kill(p.pid, syscall.SIGKILL)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("processes that were killed live on: %v", alive)
		}
	}
}

// mounts returns the mount points below root, the deepest first.
func mounts() (paths []string, err error) {
	raw, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(raw)) {
		if path := strings.Fields(line)[1]; strings.HasPrefix(path, root+"/") {
			paths = append(paths, path)
		}
	}
	slices.SortFunc(paths, func(a, b string) int { return -cmp.Compare(a, b) })
	return paths, nil
}

// unmountAll unmounts all that is mounted below root.
func unmountAll() error {
	paths, failed := mounts()
	for _, path := range paths {
		if err := syscall.Unmount(path, syscall.MNT_DETACH); err != nil && !errors.Is(err, syscall.EINVAL) {
			failed = errors.Join(failed, fmt.Errorf("unmount %s: %w", path, err))
		}
	}
	return failed
}

// removeGroups removes our empty control groups. Version 1 has a tree for each kind of resource,
// version 2 has one tree.
func removeGroups() error {
	var failed error
	for _, pattern := range []string{"/sys/fs/cgroup/" + prefix + "*", "/sys/fs/cgroup/*/" + prefix + "*"} {
		groups, _ := filepath.Glob(pattern) // the pattern is well formed
		for _, group := range groups {
			var dirs []string
			_ = filepath.WalkDir(group, func(path string, d fs.DirEntry, err error) error {
				if err == nil && d.IsDir() {
					dirs = append(dirs, path)
				}
				return nil
			})
			for _, dir := range slices.Backward(dirs) {
				failed = errors.Join(failed, removeGroup(dir))
			}
		}
	}
	return failed
}

// removeGroup waits a little until the kernel has let go of a process that has ended.
func removeGroup(dir string) error {
	for deadline := time.Now().Add(endWait); ; time.Sleep(20 * time.Millisecond) {
		err := syscall.Rmdir(dir)
		if err == nil || errors.Is(err, syscall.ENOENT) {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("remove control group %s: %w", dir, err)
		}
	}
}

// process is a living process.
type process struct {
	pid    int
	name   string
	space  uint64 // inode of its network namespace
	groups string // its control groups
}

// contained reports whether the process is in a container of the host with a namespace; empty: of
// any host.
func (p process) contained(space string) bool {
	if space == "" {
		return strings.Contains(p.groups, ":/"+prefix)
	}
	return strings.Contains(p.groups, ":/"+space+"/")
}

// processes returns the processes that match. It leaves out those that end meanwhile, and dead ones
// that nobody has waited for.
func processes(match func(process) bool) (list []process) {
	dirs, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well formed
	for _, dir := range dirs {
		stat, err := os.ReadFile(dir + "/stat")
		_, after, _ := strings.Cut(string(stat), "(") // PID (NAME) STATE …
		name, rest, ok := strings.Cut(after, ") ")
		if err != nil || !ok || rest[0] == 'Z' || rest[0] == 'X' {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(dir))
		groups, _ := os.ReadFile(dir + "/cgroup")
		p := process{pid: pid, name: name, space: inode(dir + "/ns/net"), groups: string(groups)}
		if match(p) {
			list = append(list, p)
		}
	}
	return list
}

// inode returns the number that tells namespaces apart; zero if there is none at the path any more.
func inode(path string) uint64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Sys().(*syscall.Stat_t).Ino
}
