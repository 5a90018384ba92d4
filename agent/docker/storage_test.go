package docker_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// mountLine returns the line of /proc/mounts about a path.
func mountLine(mounts, path string) string {
	return regexp.MustCompile(`(?m)^\S+ ` + path + ` .*$`).FindString(mounts)
}

func has(t *testing.T, line string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !regexp.MustCompile(`[ ,]` + w + `([ ,]|$)`).MatchString(line) {
			t.Errorf("%q has no %s", line, w)
		}
	}
}

// A tmpfs has its size and options, and those of Docker unless the definition says otherwise.
func TestTmpfsAndSharedMemory(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("read", "/proc/mounts")
	spec.Definition.LinuxParameters = &structs.LinuxParameters{
		SharedMemorySize: new(int32(96)),
		Tmpfs: []structs.Tmpfs{
			{ContainerPath: "/a", Size: 3}, {ContainerPath: "/b", Size: 5, MountOptions: []string{"exec", "mode=0700", "ro"}},
		},
	}
	code, mounts := h.output(spec)
	if code != 0 {
		t.Fatal(mounts)
	}
	has(t, mountLine(mounts, "/a"), "tmpfs", "rw", "nosuid", "nodev", "noexec", "size=3072k")
	b := mountLine(mounts, "/b")
	has(t, b, "tmpfs", "ro", "nosuid", "nodev", "size=5120k", "mode=700")
	if strings.Contains(b, "noexec") {
		t.Errorf("exec is not honoured: %s", b)
	}
	has(t, mountLine(mounts, "/dev/shm"), "size=98304k")
}

// memoryFile returns the file with a limit of the container itself, on cgroup v1 and v2.
func memoryFile(v1, v2 string) string {
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err == nil {
		return "/sys/fs/cgroup/" + v2
	}
	return "/sys/fs/cgroup/memory/" + v1
}

func TestSwap(t *testing.T) {
	h := newHarness(t)
	limit := memoryFile("memory.memsw.limit_in_bytes", "memory.swap.max")
	v2 := strings.HasSuffix(limit, "memory.swap.max")
	for maxSwap, want := range map[int32]string{0: "33554432\n", 16: "50331648\n"} { // memory and swap
		if v2 {
			want = map[int32]string{0: "0\n", 16: "16777216\n"}[maxSwap]
		}
		spec := h.spec("read", limit)
		spec.MemoryLimit = 32
		spec.Definition.LinuxParameters = &structs.LinuxParameters{MaxSwap: &maxSwap}
		if !v2 { // the kernel has none there, and the engine leaves it out
			spec.Definition.Command = append(spec.Definition.Command, "/sys/fs/cgroup/memory/memory.swappiness")
			spec.Definition.LinuxParameters.Swappiness = new(int32(17))
			want += "17\n"
		}
		if code, text := h.output(spec); code != 0 || text != want {
			t.Errorf("maxSwap %d: %d %q, want %q", maxSwap, code, text, want)
		}
	}
}

// Task storage is limited where the engine can, and where it cannot the task runs without a limit.
func TestTaskStorage(t *testing.T) {
	h := newHarness(t)
	info, err := h.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"fill", "/tmp/file", "1"}
	if info.Quota {
		args[2] = "1100"
	}
	spec := h.spec(args...)
	spec.StorageGiB = 1
	code, text := h.output(spec)
	if info.Quota && (code != 1 || !strings.Contains(text, "quota")) || !info.Quota && code != 0 {
		t.Errorf("limits %v: it ends with %d %q", info.Quota, code, text)
	}
	if list, err := h.ListVolumes(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("left is %+v %v", list, err)
	}
}
