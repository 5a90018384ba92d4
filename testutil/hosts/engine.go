package hosts

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// engineWait bounds the start of an engine.
const engineWait = 90 * time.Second

// DockerHost returns the address of the host's engine.
func (h *Host) DockerHost() string { return "unix://" + filepath.Join(h.Dir, "docker.sock") }

// StartEngine starts the host's Docker Engine, even over the remains of a killed one, and waits
// until it answers.
func (h *Host) StartEngine() error {
	// An engine refuses to start over the pid file of another one, and waits for a containerd that
	// has one.
	execRoot := filepath.Join(h.Dir, "exec")
	_ = os.Remove(filepath.Join(h.Dir, "docker.pid"))
	_ = os.Remove(filepath.Join(execRoot, "containerd", "containerd.pid"))
	var err error
	h.engine, err = h.Start("dockerd", nil, "dockerd", "-H", h.DockerHost(), "--data-root", filepath.Join(h.Dir, "data"),
		"--exec-root", execRoot, "--pidfile", filepath.Join(h.Dir, "docker.pid"),
		// Containers are found by their control group, however their engine ended.
		"--exec-opt", "native.cgroupdriver=cgroupfs", "--cgroup-parent", "/"+h.space)
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(engineWait); ; time.Sleep(50 * time.Millisecond) {
		_, err := h.Docker("version", "--format", "{{.Server.Version}}")
		if err == nil {
			return nil
		}
		if h.engine.Ended() || time.Now().After(deadline) {
			return fmt.Errorf("the engine of host %s does not answer: %w\n%s", h.Name, err, h.engine.Log())
		}
	}
}

// Docker runs the docker command line on the host's engine and returns what it printed.
func (h *Host) Docker(args ...string) (string, error) {
	out, err := exec.Command("docker", append([]string{"-H", h.DockerHost()}, args...)...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("docker %s on host %s: %w: %s", strings.Join(args, " "), h.Name, err, out)
	}
	return strings.TrimSpace(string(out)), err
}

// KillEngine ends the engine as kill -9 does. Its containers go on, and the next start of the
// engine ends them.
func (h *Host) KillEngine() error {
	here := inode("/run/netns/" + h.space)
	for _, p := range processes(func(p process) bool { return p.space == here && (p.name == "dockerd" || p.name == "containerd") }) {
		_ = syscall.Kill(p.pid, syscall.SIGKILL)
	}
	if _ = h.engine.Await(engineWait); !h.engine.Ended() {
		return fmt.Errorf("the engine of host %s was killed and lives on", h.Name)
	}
	return nil
}

// KillContainers ends all containers of the host at once, without asking the engine.
func (h *Host) KillContainers() {
	for _, p := range processes(func(p process) bool { return p.contained(h.space) }) {
		_ = syscall.Kill(p.pid, syscall.SIGKILL)
	}
}

// closeEngine removes the containers and stops the engine, so that it leaves no mounts.
func (h *Host) closeEngine() {
	if h.engine == nil || h.engine.Ended() {
		return
	}
	if ids, err := h.Docker("ps", "--all", "--quiet"); err == nil && ids != "" {
		_, _ = h.Docker(append([]string{"rm", "--force", "--volumes"}, strings.Fields(ids)...)...)
	}
	_ = h.engine.Stop() // what that leaves, clean removes
}
