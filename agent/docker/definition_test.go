package docker_test

import (
	"testing"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

func TestOutOfMemory(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("alloc", "256")
	spec.MemoryLimit = 32
	spec.Definition.LinuxParameters = &structs.LinuxParameters{MaxSwap: new(int32(0))}
	ended := h.waitExit(h.run(spec).ID)
	if !ended.OOMKilled || ended.ExitCode != 137 {
		t.Errorf("got %+v, want killed for its memory with 137", ended)
	}
}

func TestReadonlyRootFilesystem(t *testing.T) {
	h := newHarness(t)
	for readonly, want := range map[bool]int32{true: 1, false: 0} {
		spec := h.spec("write", "/tmp/x")
		spec.Definition.ReadonlyRootFilesystem = &readonly
		if ended := h.waitExit(h.run(spec).ID); ended.ExitCode != want {
			t.Errorf("readonly %v: exit code %d, want %d", readonly, ended.ExitCode, want)
		}
	}
}

// Docker accepts every value of a full definition in the form in which it gets it.
func TestDockerTakesAFullDefinition(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("write", "/scratch/x")
	spec.MemoryLimit = 64
	spec.IpcMode, spec.PidMode = "host", "host"
	def := &spec.Definition
	def.Cpu, def.MemoryReservation = 128, new(int32(32))
	def.EntryPoint, def.WorkingDirectory, def.User = []string{"/app"}, "/tmp", "1000:1000"
	def.ReadonlyRootFilesystem, def.Interactive, def.PseudoTerminal = new(true), new(true), new(true)
	def.DnsServers, def.DnsSearchDomains = []string{"127.0.0.1"}, []string{"example.org"}
	def.ExtraHosts = []structs.HostEntry{{Hostname: "db", IpAddress: "10.0.0.1"}}
	def.Ulimits = []structs.Ulimit{{Name: "nofile", SoftLimit: 1024, HardLimit: 2048}}
	def.DockerSecurityOptions = []string{"no-new-privileges"}
	def.SystemControls = []structs.SystemControl{{Namespace: "net.ipv4.ip_unprivileged_port_start", Value: "0"}}
	def.LogConfiguration = &structs.LogConfiguration{LogDriver: "json-file", Options: map[string]string{"max-size": "1m"}}
	def.LinuxParameters = &structs.LinuxParameters{
		Capabilities: &structs.KernelCapabilities{Drop: []string{"ALL"}, Add: []string{"NET_BIND_SERVICE"}},
		Devices:      []structs.Device{{HostPath: "/dev/null", ContainerPath: "/dev/hole", Permissions: []string{"read", "write"}}},
		Tmpfs:        []structs.Tmpfs{{ContainerPath: "/scratch", Size: 4, MountOptions: []string{"mode=1777", "noexec"}}},
	}
	if ended := h.waitExit(h.run(spec).ID); ended.ExitCode != 0 {
		t.Errorf("exit code %d: %s", ended.ExitCode, ended.Error)
	}
}

func TestHealth(t *testing.T) {
	h := newHarness(t)
	for command, want := range map[string]string{"print": "HEALTHY", "no-such-verb": "UNHEALTHY"} {
		spec := h.spec("sleep")
		spec.Definition.HealthCheck = &structs.HealthCheck{Command: []string{"CMD", "/app", command},
			Interval: new(int32(1)), Retries: new(int32(1))}
		state := h.run(spec)
		if state.Health != "UNKNOWN" {
			t.Errorf("health at the start %q, want UNKNOWN", state.Health)
		}
		h.waitFor(state.ID, func(s runtime.ContainerState) bool { return s.Health == want })
	}
}
