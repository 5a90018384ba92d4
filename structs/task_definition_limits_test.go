package structs

import (
	"strings"
	"testing"
)

// Each bad value is refused with the name of its field; the good ones beside it are taken.
func TestLimitsOfADefinition(t *testing.T) {
	type container = ContainerDefinition
	linux := func(p LinuxParameters) container { return container{LinuxParameters: &p} }
	control := func(namespace string) container {
		return container{SystemControls: []SystemControl{{Namespace: namespace, Value: "1"}}}
	}
	for _, c := range []struct {
		c     container
		modes string // networkMode and ipcMode
		field string // that the error names; empty: it is valid
	}{
		{container{Ulimits: []Ulimit{{Name: "nofile", SoftLimit: 10, HardLimit: 20}, {Name: "core", SoftLimit: -1, HardLimit: -1}}}, "", ""},
		{container{Ulimits: []Ulimit{{Name: "nofile", SoftLimit: 30, HardLimit: 20}}}, "", "'ulimits.softLimit' of 'nofile' (30)"},
		{container{Ulimits: []Ulimit{{Name: "nofile", SoftLimit: -1, HardLimit: 20}}}, "", "'ulimits.softLimit'"},
		{container{Ulimits: []Ulimit{{Name: "nofile", SoftLimit: -2, HardLimit: 20}}}, "", "'ulimits'"},
		{container{Ulimits: []Ulimit{{Name: "cpu"}, {Name: "cpu"}}}, "", "'ulimits' has 'cpu' more than once"},

		{control("net.core.somaxconn"), "bridge", ""},
		{control("net.core.somaxconn"), "awsvpc", ""},
		{control("net.core.somaxconn"), "host", "'systemControls' net.core.somaxconn"},
		{control("kernel.shmmax"), "host", ""},
		{control("kernel.shmmax"), "bridge host", "'systemControls' kernel.shmmax"},
		{control("fs.mqueue.msg_max"), "bridge", ""},
		{control("vm.max_map_count"), "bridge", "'systemControls.namespace' vm.max_map_count"},
		{control(""), "bridge", "'systemControls'"},

		{linux(LinuxParameters{Capabilities: &KernelCapabilities{Add: []string{"SYS_PTRACE"}, Drop: []string{"ALL"}}}), "", ""},
		{linux(LinuxParameters{Capabilities: &KernelCapabilities{Add: []string{"SYS_PTRACES"}}}), "", "'linuxParameters.capabilities'"},
		{linux(LinuxParameters{Capabilities: &KernelCapabilities{Drop: []string{"net_raw"}}}), "", "'linuxParameters.capabilities'"},
		{linux(LinuxParameters{Devices: []Device{{HostPath: "/dev/fuse"}}}), "", ""},
		{linux(LinuxParameters{Devices: []Device{{HostPath: "fuse"}}}), "", "'linuxParameters.devices.hostPath'"},
		{linux(LinuxParameters{Devices: []Device{{HostPath: "/dev/fuse", ContainerPath: "fuse"}}}), "", "'linuxParameters.devices.containerPath'"},

		{container{DockerSecurityOptions: []string{"no-new-privileges", "no-new-privileges:true", "apparmor:mine", "label:type:t", "seccomp:unconfined",
			`seccomp={"defaultAction":"SCMP_ACT_ALLOW"}`}}, "", ""},
		{container{DockerSecurityOptions: []string{"seccomp:/etc/profile.json"}}, "", "'dockerSecurityOptions' has 'seccomp:/etc/profile.json'"},
		{container{DockerSecurityOptions: []string{"apparmor:"}}, "", "'dockerSecurityOptions'"},
		{container{DockerSecurityOptions: []string{"systempaths=unconfined"}}, "", "'dockerSecurityOptions'"},

		{container{User: "web"}, "", ""}, {container{User: "1000:1000"}, "", ""}, {container{User: "web:1000"}, "", ""},
		{container{User: "web:"}, "", "'user'"}, {container{User: "1:2:3"}, "", "'user'"}, {container{User: "a b"}, "", "'user'"},

		{container{Hostname: "db-1", DnsServers: []string{"10.0.0.2", "fd00::1"},
			ExtraHosts: []HostEntry{{Hostname: "h", IpAddress: "host-gateway"}, {Hostname: "i", IpAddress: "::1"}}}, "", ""},
		{container{Hostname: "a/b"}, "", "'hostname'"},
		{container{DnsServers: []string{"dns.example"}}, "", "'dnsServers'"},
		{container{ExtraHosts: []HostEntry{{Hostname: "db", IpAddress: "other"}}}, "", "'extraHosts.ipAddress'"},
	} {
		c.c.Name, c.c.Image, c.c.Memory = "app", "app", new(int32(64))
		d := &TaskDefinition{Family: "f", ContainerDefinitions: []container{c.c}}
		d.NetworkMode, d.IpcMode, _ = strings.Cut(c.modes, " ")
		err := d.Validate()
		switch {
		case c.field == "" && err != nil:
			t.Errorf("%+v is refused: %v", c.c, err)
		case c.field != "" && (err == nil || !strings.Contains(err.Message, "'app'. "+c.field)):
			t.Errorf("%+v: got %v, want an error about %s", c.c, err, c.field)
		}
	}
}

// Options that switch a security system off need no instance that has it.
func TestCapabilitiesOfADefinition(t *testing.T) {
	for _, c := range []struct {
		options    []string
		privileged bool
		want       string
	}{
		{nil, false, ""},
		{nil, true, AttributePrivileged},
		{[]string{"apparmor:mine", "label:type:t"}, true, AttributePrivileged + " " + AttributeAppArmor + " " + AttributeSELinux},
		{[]string{"apparmor=unconfined", "label:disable", "seccomp:unconfined", "no-new-privileges"}, false, ""},
	} {
		d := TaskDefinition{ContainerDefinitions: []ContainerDefinition{{}, {DockerSecurityOptions: c.options, Privileged: &c.privileged}}}
		if got := strings.Join(d.Capabilities(), " "); got != c.want {
			t.Errorf("%q, privileged %v: got %q, want %q", c.options, c.privileged, got, c.want)
		}
	}
}
