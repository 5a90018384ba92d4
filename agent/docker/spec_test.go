package docker

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/strslice"
	"github.com/docker/go-connections/nat"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// Each case has a spec and what Docker must be told; get picks what the case is about.
func TestTranslate(t *testing.T) {
	type (
		def    = structs.ContainerDefinition
		linux  = structs.LinuxParameters
		config = container.Config
		host   = container.HostConfig
	)
	cases := []struct {
		name string
		spec runtime.ContainerSpec
		get  func(c *config, h *host) any
		want any
	}{
		{"image", runtime.ContainerSpec{Definition: def{Image: "nginx:1"}},
			func(c *config, _ *host) any { return c.Image }, "nginx:1"},
		{"command", runtime.ContainerSpec{Definition: def{Command: []string{"a", "b"}}},
			func(c *config, _ *host) any { return c.Cmd }, strslice.StrSlice{"a", "b"}},
		{"entry point", runtime.ContainerSpec{Definition: def{EntryPoint: []string{"/e"}}},
			func(c *config, _ *host) any { return c.Entrypoint }, strslice.StrSlice{"/e"}},
		{"the image's command stays when there is none", runtime.ContainerSpec{},
			func(c *config, _ *host) any { return c.Cmd == nil && c.Entrypoint == nil }, true},
		{"environment", runtime.ContainerSpec{Definition: def{Environment: []structs.KeyValuePair{{Name: "B", Value: "x=y"}, {Name: "A"}}}},
			func(c *config, _ *host) any { return c.Env }, []string{"B=x=y", "A="}},
		{"gpus, whatever the definition says", runtime.ContainerSpec{GPUs: []string{"1", "GPU-8a"}, Definition: def{
			Environment: []structs.KeyValuePair{{Name: "NVIDIA_VISIBLE_DEVICES", Value: "all"}, {Name: "A", Value: "1"}}}},
			func(c *config, h *host) any { return []any{c.Env, h.DeviceRequests} },
			[]any{[]string{"A=1", "NVIDIA_VISIBLE_DEVICES=1,GPU-8a"},
				[]container.DeviceRequest{{DeviceIDs: []string{"1", "GPU-8a"}, Capabilities: [][]string{{"gpu"}}}}}},
		{"no gpus", runtime.ContainerSpec{}, func(c *config, h *host) any { return c.Env == nil && h.DeviceRequests == nil }, true},
		{"words passed on", runtime.ContainerSpec{Definition: def{WorkingDirectory: "/w", User: "1:2", Hostname: "h"}},
			func(c *config, _ *host) any { return []string{c.WorkingDir, c.User, c.Hostname} }, []string{"/w", "1:2", "h"}},
		{"stdin and terminal", runtime.ContainerSpec{Definition: def{Interactive: new(true), PseudoTerminal: new(true), DisableNetworking: new(true)}},
			func(c *config, _ *host) any { return []bool{c.OpenStdin, c.Tty, c.NetworkDisabled} }, []bool{true, true, true}},
		{"gantry's labels win", runtime.ContainerSpec{
			Labels:     map[string]string{runtime.LabelTask: "t1"},
			Definition: def{DockerLabels: map[string]string{runtime.LabelTask: "forged", labelHostPorts: "forged", labelDynamicPorts: "forged", labelLinks: "forged", "own": "1"}}},
			func(c *config, _ *host) any { return c.Labels }, map[string]string{runtime.LabelTask: "t1", "own": "1"}},

		{"no cpu is the least share", runtime.ContainerSpec{}, func(_ *config, h *host) any { return h.CPUShares }, int64(2)},
		{"one unit is the least share", runtime.ContainerSpec{Definition: def{Cpu: 1}}, func(_ *config, h *host) any { return h.CPUShares }, int64(2)},
		{"cpu units are shares", runtime.ContainerSpec{Definition: def{Cpu: 384}}, func(_ *config, h *host) any { return h.CPUShares }, int64(384)},
		{"memory", runtime.ContainerSpec{MemoryLimit: 384, Definition: def{Memory: new(int32(1)), MemoryReservation: new(int32(128))}},
			func(_ *config, h *host) any { return []int64{h.Memory, h.MemoryReservation, h.MemorySwap} }, []int64{384 << 20, 128 << 20, 0}},
		{"no memory limit", runtime.ContainerSpec{}, func(_ *config, h *host) any { return h.Memory }, int64(0)},
		{"ulimits", runtime.ContainerSpec{Definition: def{Ulimits: []structs.Ulimit{{Name: "nofile", SoftLimit: 10, HardLimit: 20}}}},
			func(_ *config, h *host) any { return h.Ulimits }, []*container.Ulimit{{Name: "nofile", Soft: 10, Hard: 20}}},

		{"bridge is the default network", runtime.ContainerSpec{}, func(_ *config, h *host) any { return h.NetworkMode }, container.NetworkMode("bridge")},
		{"nothing is published on the host's network",
			runtime.ContainerSpec{NetworkMode: "host", Definition: def{PortMappings: []structs.PortMapping{Mapping(80, 80, ""), Mapping(53, 53, "udp")}}},
			func(c *config, h *host) any { return []any{h.NetworkMode, h.PortBindings, c.Labels[labelHostPorts]} },
			[]any{container.NetworkMode("host"), nat.PortMap(nil), "80/tcp,53/udp"}},
		{"nor without a network", runtime.ContainerSpec{NetworkMode: "none", Definition: def{PortMappings: []structs.PortMapping{Mapping(80, 0, "")}}},
			func(_ *config, h *host) any { return []any{h.NetworkMode, h.PortBindings} }, []any{container.NetworkMode("none"), nat.PortMap(nil)}},
		{"the host's namespaces", runtime.ContainerSpec{PidMode: "host", IpcMode: "host"},
			func(_ *config, h *host) any { return []string{string(h.PidMode), string(h.IpcMode)} }, []string{"host", "host"}},
		{"names", runtime.ContainerSpec{Definition: def{DnsServers: []string{"1.1.1.1"}, DnsSearchDomains: []string{"x"},
			ExtraHosts: []structs.HostEntry{{Hostname: "db", IpAddress: "10.0.0.1"}}}},
			func(_ *config, h *host) any { return [][]string{h.DNS, h.DNSSearch, h.ExtraHosts} }, [][]string{{"1.1.1.1"}, {"x"}, {"db:10.0.0.1"}}},

		{"never restarted by Docker", runtime.ContainerSpec{}, func(_ *config, h *host) any { return h.RestartPolicy.Name }, container.RestartPolicyDisabled},
		{"security", runtime.ContainerSpec{Definition: def{Privileged: new(true), ReadonlyRootFilesystem: new(true), DockerSecurityOptions: []string{"no-new-privileges"}}},
			func(_ *config, h *host) any { return []any{h.Privileged, h.ReadonlyRootfs, h.SecurityOpt} }, []any{true, true, []string{"no-new-privileges"}}},
		{"system controls", runtime.ContainerSpec{Definition: def{SystemControls: []structs.SystemControl{{Namespace: "net.core.somaxconn", Value: "9"}}}},
			func(_ *config, h *host) any { return h.Sysctls }, map[string]string{"net.core.somaxconn": "9"}},
		{"log driver", runtime.ContainerSpec{Definition: def{LogConfiguration: &structs.LogConfiguration{LogDriver: "syslog", Options: map[string]string{"tag": "a"}}}},
			func(_ *config, h *host) any { return h.LogConfig }, container.LogConfig{Type: "syslog", Config: map[string]string{"tag": "a"}}},
		{"the engine's log driver", runtime.ContainerSpec{}, func(_ *config, h *host) any { return h.LogConfig }, container.LogConfig{}},

		{"capabilities", runtime.ContainerSpec{Definition: def{LinuxParameters: &linux{Capabilities: &structs.KernelCapabilities{Add: []string{"NET_ADMIN"}, Drop: []string{"ALL"}}}}},
			func(_ *config, h *host) any { return [][]string{h.CapAdd, h.CapDrop} }, [][]string{{"NET_ADMIN"}, {"ALL"}}},
		{"devices", runtime.ContainerSpec{Definition: def{LinuxParameters: &linux{Devices: []structs.Device{
			{HostPath: "/dev/a"}, {HostPath: "/dev/b", ContainerPath: "/dev/c", Permissions: []string{"read", "mknod"}}}}}},
			func(_ *config, h *host) any { return h.Devices }, []container.DeviceMapping{
				{PathOnHost: "/dev/a", PathInContainer: "/dev/a", CgroupPermissions: "rwm"},
				{PathOnHost: "/dev/b", PathInContainer: "/dev/c", CgroupPermissions: "rm"}}},
		{"init and shared memory", runtime.ContainerSpec{Definition: def{LinuxParameters: &linux{InitProcessEnabled: new(true), SharedMemorySize: new(int32(64))}}},
			func(_ *config, h *host) any { return []any{*h.Init, h.ShmSize} }, []any{true, int64(64 << 20)}},
		{"tmpfs", runtime.ContainerSpec{Definition: def{LinuxParameters: &linux{Tmpfs: []structs.Tmpfs{{ContainerPath: "/t", Size: 8, MountOptions: []string{"noexec", "mode=700"}}}}}},
			func(_ *config, h *host) any { return h.Tmpfs }, map[string]string{"/t": "size=8m,noexec,mode=700"}},
		{"swap comes on top of memory", runtime.ContainerSpec{MemoryLimit: 100, Definition: def{LinuxParameters: &linux{MaxSwap: new(int32(50)), Swappiness: new(int32(10))}}},
			func(_ *config, h *host) any { return []int64{h.MemorySwap, *h.MemorySwappiness} }, []int64{150 << 20, 10}},
		{"no swap", runtime.ContainerSpec{MemoryLimit: 100, Definition: def{LinuxParameters: &linux{MaxSwap: new(int32(0))}}},
			func(_ *config, h *host) any { return h.MemorySwap }, int64(100 << 20)},
		{"swappiness alone is ignored", runtime.ContainerSpec{MemoryLimit: 100, Definition: def{LinuxParameters: &linux{Swappiness: new(int32(10))}}},
			func(_ *config, h *host) any { return h.MemorySwap == 0 && h.MemorySwappiness == nil }, true},
		{"maxSwap without a limit is ignored", runtime.ContainerSpec{Definition: def{LinuxParameters: &linux{MaxSwap: new(int32(50))}}},
			func(_ *config, h *host) any { return h.MemorySwap }, int64(0)},

		{"health check in ECS's defaults", runtime.ContainerSpec{Definition: def{HealthCheck: &structs.HealthCheck{Command: []string{"CMD-SHELL", "true"}}}},
			func(c *config, _ *host) any { return c.Healthcheck },
			&container.HealthConfig{Test: []string{"CMD-SHELL", "true"}, Interval: 30 * time.Second, Timeout: 5 * time.Second, Retries: 3,
				StartPeriod: time.Millisecond}}, // zero would be the image's
		{"health check in full", runtime.ContainerSpec{Definition: def{HealthCheck: &structs.HealthCheck{Command: []string{"CMD", "/ok"},
			Interval: new(int32(7)), Timeout: new(int32(8)), Retries: new(int32(9)), StartPeriod: new(int32(10))}}},
			func(c *config, _ *host) any { return c.Healthcheck },
			&container.HealthConfig{Test: []string{"CMD", "/ok"}, Interval: 7 * time.Second, Timeout: 8 * time.Second, Retries: 9, StartPeriod: 10 * time.Second}},
		{"empty lists are the image's", runtime.ContainerSpec{Definition: def{EntryPoint: []string{}, Command: []string{}}},
			func(c *config, _ *host) any { return c.Entrypoint == nil && c.Cmd == nil }, true},
		{"a list of an empty string is not", runtime.ContainerSpec{Definition: def{EntryPoint: []string{""}}},
			func(c *config, _ *host) any { return []string(c.Entrypoint) }, []string{""}},
		{"health check without CMD", runtime.ContainerSpec{Definition: def{HealthCheck: &structs.HealthCheck{Command: []string{"/ok", "now"}}}},
			func(c *config, _ *host) any { return c.Healthcheck.Test }, []string{"CMD", "/ok", "now"}},
		{"a health check of NONE", runtime.ContainerSpec{Definition: def{HealthCheck: &structs.HealthCheck{Command: []string{"NONE", "x"}}}},
			func(c *config, _ *host) any { return c.Healthcheck.Test }, []string{"NONE"}},
		{"the image's own health check is off", runtime.ContainerSpec{},
			func(c *config, _ *host) any { return c.Healthcheck.Test }, []string{"NONE"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			config, host, err := translate(c.spec)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.get(config, host); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %#v, want %#v", got, c.want)
			}
		})
	}
}

func TestTranslateRefusesSharedNamespaces(t *testing.T) {
	for _, spec := range []runtime.ContainerSpec{{PidMode: "task"}, {IpcMode: "task"}, {NetworkMode: "awsvpc"}} {
		if _, _, err := translate(spec); err == nil {
			t.Errorf("%+v is accepted without a pause, but its containers would share nothing", spec)
		}
	}
}

// A definition may have been registered before it was checked that a health check names a program.
func TestTranslateRefusesHealthCheckWithoutProgram(t *testing.T) {
	for _, command := range [][]string{nil, {"CMD"}, {"CMD-SHELL", ""}} {
		spec := runtime.ContainerSpec{Name: "web", Definition: structs.ContainerDefinition{HealthCheck: &structs.HealthCheck{Command: command}}}
		_, _, err := translate(spec)
		if err == nil || !strings.Contains(err.Error(), "container web: healthCheck.command ") {
			t.Errorf("%q: error %v", command, err)
		}
	}
}

func TestNetworkBindings(t *testing.T) {
	onBridge := func(ports nat.PortMap) container.InspectResponse {
		settings := &container.NetworkSettings{}
		settings.Ports = ports
		return container.InspectResponse{
			ContainerJSONBase: &container.ContainerJSONBase{HostConfig: &container.HostConfig{NetworkMode: "bridge"}},
			Config:            &container.Config{},
			NetworkSettings:   settings,
		}
	}
	onHost := func(label string) container.InspectResponse {
		c := onBridge(nat.PortMap{})
		c.HostConfig.NetworkMode = "host"
		c.Config.Labels = map[string]string{labelHostPorts: label}
		return c
	}
	binding := func(ip string, containerPort, hostPort int32, protocol string) structs.NetworkBinding {
		return structs.NetworkBinding{BindIP: ip, ContainerPort: &containerPort, HostPort: &hostPort, Protocol: protocol}
	}
	cases := []struct {
		name string
		c    container.InspectResponse
		want []structs.NetworkBinding
	}{
		{"IPv4 rather than its IPv6 twin", onBridge(nat.PortMap{"80/tcp": {{HostIP: "::", HostPort: "2"}, {HostIP: "0.0.0.0", HostPort: "1"}}}),
			[]structs.NetworkBinding{binding("0.0.0.0", 80, 1, "tcp")}},
		{"IPv6 where it is all there is", onBridge(nat.PortMap{"80/tcp": {{HostIP: "::", HostPort: "2"}}}),
			[]structs.NetworkBinding{binding("::", 80, 2, "tcp")}},
		{"one per port and protocol, in order", onBridge(nat.PortMap{"90/tcp": {{HostIP: "0.0.0.0", HostPort: "1"}},
			"53/udp": {{HostIP: "0.0.0.0", HostPort: "2"}}, "53/tcp": {{HostIP: "0.0.0.0", HostPort: "3"}}}),
			[]structs.NetworkBinding{binding("0.0.0.0", 53, 3, "tcp"), binding("0.0.0.0", 53, 2, "udp"), binding("0.0.0.0", 90, 1, "tcp")}},
		{"two host ports of one container port", onBridge(nat.PortMap{"80/tcp": {{HostIP: "0.0.0.0", HostPort: "9"}, {HostIP: "0.0.0.0", HostPort: "8"}}}),
			[]structs.NetworkBinding{binding("0.0.0.0", 80, 8, "tcp"), binding("0.0.0.0", 80, 9, "tcp")}},
		{"exposed and not published", onBridge(nat.PortMap{"80/tcp": nil}), nil},
		{"on the host's network", onHost("80/tcp,53/udp"),
			[]structs.NetworkBinding{binding("0.0.0.0", 53, 53, "udp"), binding("0.0.0.0", 80, 80, "tcp")}},
		{"on the host's network without ports", onHost(""), nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := networkBindings(c.c); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestPhase(t *testing.T) {
	const refused = "OCI runtime create failed: error setting rlimit type 7: operation not permitted"
	cases := []struct {
		state container.State
		want  string
	}{
		{container.State{Status: "created"}, runtime.ContainerCreated},
		// it is recreated
		{container.State{Status: "created", Error: refused}, runtime.ContainerCreated},
		{container.State{Status: "created", Error: "executable not found", ExitCode: 127}, runtime.ContainerExited},
		{container.State{Status: "running"}, runtime.ContainerRunning},
		{container.State{Status: "paused"}, runtime.ContainerRunning},
		{container.State{Status: "exited", ExitCode: 1}, runtime.ContainerExited},
		{container.State{Status: "dead"}, runtime.ContainerExited},
		{container.State{Status: "removing"}, runtime.ContainerExited},
	}
	for _, c := range cases {
		with := container.InspectResponse{
			ContainerJSONBase: &container.ContainerJSONBase{State: &c.state},
			Config:            &container.Config{Labels: map[string]string{labelNofile: ""}},
		}
		if got := phase(with); got != c.want {
			t.Errorf("%+v: got %s, want %s", c.state, got, c.want)
		}
	}
	own := container.InspectResponse{
		ContainerJSONBase: &container.ContainerJSONBase{State: &container.State{Status: "created", Error: refused}}, Config: &container.Config{},
	}
	if got := phase(own); got != runtime.ContainerExited {
		t.Errorf("a container whose own limits are refused is %s", got)
	}
}
