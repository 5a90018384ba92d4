package docker_test

import (
	"regexp"
	"testing"

	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// Each setting of a definition is seen from inside a real container, in a file of the kernel or of
// the engine.
func TestSettingsInsideAContainer(t *testing.T) {
	h := newHarness(t)
	type def = structs.ContainerDefinition
	linux := func(p structs.LinuxParameters) def { return def{LinuxParameters: &p} }
	const status, limits = "/proc/self/status", "/proc/self/limits"
	for _, c := range []struct {
		name string
		def  def
		file string
		want string // a pattern that a line of the file matches
	}{
		{"user by numbers", def{User: "1234:2345"}, status, `Uid:\t1234\t`},
		{"group", def{User: "1234:2345"}, status, `Gid:\t2345\t`},
		{"uid alone", def{User: "1234"}, status, `Uid:\t1234\t`},
		{"nobody has privileges", def{}, status, `CapEff:\t00000000a80425fb`},
		{"all capabilities dropped", linux(structs.LinuxParameters{Capabilities: &structs.KernelCapabilities{Drop: []string{"ALL"}}}), status, `CapEff:\t0{16}`},
		{"one added to none", linux(structs.LinuxParameters{Capabilities: &structs.KernelCapabilities{Drop: []string{"ALL"}, Add: []string{"NET_ADMIN"}}}), status, `CapEff:\t0000000000001000`},
		{"one dropped", linux(structs.LinuxParameters{Capabilities: &structs.KernelCapabilities{Drop: []string{"CHOWN"}}}), status, `CapEff:\t00000000a80425fa`},
		{"no new privileges", def{DockerSecurityOptions: []string{"no-new-privileges"}}, status, `NoNewPrivs:\t1`},
		{"no new privileges, in words", def{DockerSecurityOptions: []string{"no-new-privileges:true"}}, status, `NoNewPrivs:\t1`},
		{"new privileges", def{}, status, `NoNewPrivs:\t0`},
		{"seccomp", def{}, status, `Seccomp:\t2`},
		{"no seccomp", def{DockerSecurityOptions: []string{"seccomp:unconfined"}}, status, `Seccomp:\t0`},
		{"a seccomp profile", def{DockerSecurityOptions: []string{`seccomp:{"defaultAction":"SCMP_ACT_ALLOW"}`}}, status, `Seccomp:\t[02]`},
		{"core", ulimit("core", 1024, 2048), limits, `Max core file size +1024 +2048 `},
		{"cpu", ulimit("cpu", 60, 120), limits, `Max cpu time +60 +120 `},
		{"data", ulimit("data", 1<<30, 1<<30), limits, `Max data size +1073741824 +1073741824 `},
		{"fsize", ulimit("fsize", 1<<20, 1<<30), limits, `Max file size +1048576 +1073741824 `},
		{"locks", ulimit("locks", 10, 20), limits, `Max file locks +10 +20 `},
		{"memlock", ulimit("memlock", 4096, 8192), limits, `Max locked memory +4096 +8192 `},
		{"msgqueue", ulimit("msgqueue", 1000, 2000), limits, `Max msgqueue size +1000 +2000 `},
		// Go raises the soft limit
		{"nofile", ulimit("nofile", 100, 200), limits, `Max open files +\d+ +200 `},
		{"nproc", ulimit("nproc", 1000, 2000), limits, `Max processes +1000 +2000 `},
		{"rss", ulimit("rss", 1<<20, 1<<20), limits, `Max resident set +1048576 +1048576 `},
		{"rttime", ulimit("rttime", 1000, 2000), limits, `Max realtime timeout +1000 +2000 `},
		{"sigpending", ulimit("sigpending", 50, 60), limits, `Max pending signals +50 +60 `},
		{"stack", ulimit("stack", 1<<20, 1<<22), limits, `Max stack size +1048576 +4194304 `},
		{"network parameter", control("net.ipv4.ip_unprivileged_port_start", "7"), "/proc/sys/net/ipv4/ip_unprivileged_port_start", `7`},
		{"IPC parameter", control("kernel.msgmax", "4711"), "/proc/sys/kernel/msgmax", `4711`},
		{"queue parameter", control("fs.mqueue.msg_max", "12"), "/proc/sys/fs/mqueue/msg_max", `12`},
		{"host name", def{Hostname: "db-1"}, "/proc/sys/kernel/hostname", `db-1`},
		{"name server", def{DnsServers: []string{"10.9.8.7"}}, "/etc/resolv.conf", `nameserver 10\.9\.8\.7`},
		{"search", def{DnsServers: []string{"10.9.8.7"}, DnsSearchDomains: []string{"a.example", "b.example"}}, "/etc/resolv.conf", `search a\.example b\.example`},
		{"extra host", def{ExtraHosts: []structs.HostEntry{{Hostname: "other", IpAddress: "10.1.2.3"}}}, "/etc/hosts", `10\.1\.2\.3\tother`},
		{"init", linux(structs.LinuxParameters{InitProcessEnabled: new(true)}), "/proc/1/comm", `(docker-init|tini)`},
		{"no init", def{}, "/proc/1/comm", `app`},
		{"device", linux(structs.LinuxParameters{Devices: []structs.Device{{HostPath: "/dev/null", ContainerPath: "/dev/hole", Permissions: []string{"read", "write"}}}}),
			"/dev/hole", ``},
		{"shared memory", linux(structs.LinuxParameters{SharedMemorySize: new(int32(13))}), "/proc/self/mountinfo", `.* /dev/shm .*size=13312k.*`},
		{"tmpfs", linux(structs.LinuxParameters{Tmpfs: []structs.Tmpfs{{ContainerPath: "/scratch", Size: 5, MountOptions: []string{"noexec"}}}}),
			"/proc/self/mountinfo", `.* /scratch .*noexec.*size=5120k.*`},
		{"readonly root", def{ReadonlyRootFilesystem: new(true)}, "/proc/self/mountinfo", `\d+ \d+ \S+ / / ro.*`},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := h.spec("read", c.file)
			image := spec.Definition.Image
			spec.Definition = c.def
			spec.Definition.Image, spec.Definition.Command = image, []string{"read", c.file}
			ended := h.waitExit(h.run(spec).ID)
			output := h.Output(t, ended.ID)
			if ended.ExitCode != 0 || !regexp.MustCompile(`(?m)^`+c.want).MatchString(output) {
				t.Errorf("exit code %d, %s%s has no line like %q:\n%s", ended.ExitCode, ended.Error, c.file, c.want, output)
			}
		})
	}
}

func ulimit(name string, soft, hard int32) structs.ContainerDefinition {
	return structs.ContainerDefinition{Ulimits: []structs.Ulimit{{Name: name, SoftLimit: soft, HardLimit: hard}}}
}

func control(namespace, value string) structs.ContainerDefinition {
	return structs.ContainerDefinition{SystemControls: []structs.SystemControl{{Namespace: namespace, Value: value}}}
}

// A device can be used as its permissions say, by root too.
func TestDevicePermissions(t *testing.T) {
	h := newHarness(t)
	for permission, want := range map[string]int32{"write": 0, "read": 1} {
		spec := h.spec("write", "/dev/log-of-the-kernel")
		spec.Definition.LinuxParameters = &structs.LinuxParameters{Devices: []structs.Device{{
			HostPath: "/dev/kmsg", ContainerPath: "/dev/log-of-the-kernel", Permissions: []string{permission}}}}
		if ended := h.waitExit(h.run(spec).ID); ended.ExitCode != want {
			t.Errorf("with permission to %s: exit code %d, want %d: %s", permission, ended.ExitCode, want, h.Output(t, ended.ID))
		}
	}
}

// An engine of an agent that does not allow it creates no privileged container.
func TestPrivileged(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("sleep")
	spec.Definition.Privileged = new(true)
	_, err := h.CreateContainer(t.Context(), spec)
	docker.WantRuntimeError(t, err, "CannotCreateContainerError", "privileged", "--allow-privileged")

	allowed, err := docker.New(docker.Config{Host: h.host, Instance: h.instance, AllowPrivileged: true})
	if err != nil {
		t.Fatal(err)
	}
	defer allowed.Close()
	id, err := allowed.CreateContainer(t.Context(), spec)
	if err != nil || !allowed.Privileged(t, id) {
		t.Errorf("the container is not privileged, error %v", err)
	}
}

// Where tasks have no cgroups of their own, each container has the limits of its task.
func TestLimitsOfATaskWithoutACgroup(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("sleep")
	spec.Shared = runtime.Shared{CPULimit: 512, PIDsLimit: 99}
	quota, period, pids := h.Limits(t, h.run(spec).ID)
	if quota != 50_000 || period != 100_000 || pids != 99 {
		t.Errorf("quota %d of %d, %d processes; want 50000 of 100000, 99", quota, period, pids)
	}
}
