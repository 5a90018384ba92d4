package structs

import (
	"encoding/json"
	"net/netip"
	"path"
	"slices"
	"strings"
)

// validateLimits checks what a container asks of the kernel and of its host: ECS's rules, and what
// every engine refuses. Without these checks such a task would be placed and then fail.
func (c *ContainerDefinition) validateLimits(d *TaskDefinition) *Error {
	for _, check := range []func() *Error{
		c.validateUlimits, func() *Error { return c.validateSystemControls(d) }, c.validateLinuxParameters,
		c.validateSecurityOptions, c.validateUser, c.validateHosts,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// validateUlimits checks that soft limits are not above hard ones. Minus one is no limit.
func (c *ContainerDefinition) validateUlimits() *Error {
	seen := map[string]bool{}
	for _, u := range c.Ulimits {
		switch {
		case seen[u.Name]:
			return c.invalid("'ulimits' has '%s' more than once.", u.Name)
		case u.SoftLimit < -1 || u.HardLimit < -1:
			return c.invalid("'ulimits' of '%s' are %d and %d; they cannot be less than -1, which is no limit.", u.Name, u.SoftLimit, u.HardLimit)
		case u.HardLimit != -1 && (u.SoftLimit > u.HardLimit || u.SoftLimit == -1):
			return c.invalid("'ulimits.softLimit' of '%s' (%d) must not be greater than its 'hardLimit' (%d).", u.Name, u.SoftLimit, u.HardLimit)
		}
		seen[u.Name] = true
	}
	return nil
}

// ipcControls are the kernel parameters of an IPC namespace (ECS's list, and Docker's).
var ipcControls = []string{
	"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni",
	"kernel.shm_rmid_forced",
}

// validateSystemControls checks that each kernel parameter belongs to a namespace that the
// container does not share with its host (ECS; an engine would refuse the container).
func (c *ContainerDefinition) validateSystemControls(d *TaskDefinition) *Error {
	for _, s := range c.SystemControls {
		ipc := slices.Contains(ipcControls, s.Namespace) || strings.HasPrefix(s.Namespace, "fs.mqueue.")
		network := strings.HasPrefix(s.Namespace, "net.")
		switch {
		case s.Namespace == "" || s.Value == "":
			return c.invalid("'systemControls' needs a 'namespace' and a 'value'.")
		case !ipc && !network:
			return c.invalid("'systemControls.namespace' %s is not one that a container can have of its own. Use net.*, fs.mqueue.*, %s.",
				s.Namespace, strings.Join(ipcControls, ", "))
		case network && d.NetworkMode == NetworkHost:
			return c.invalid("'systemControls' %s is not supported with networkMode=host.", s.Namespace)
		case ipc && d.IpcMode == "host":
			return c.invalid("'systemControls' %s is not supported with ipcMode=host.", s.Namespace)
		}
	}
	return nil
}

// kernelCapabilities are those that ECS takes.
var kernelCapabilities = []string{
	"ALL", "AUDIT_CONTROL", "AUDIT_WRITE", "BLOCK_SUSPEND", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID",
	"IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD", "NET_ADMIN",
	"NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_ADMIN", "SYS_BOOT",
	"SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME",
	"SYS_TTY_CONFIG", "SYSLOG", "WAKE_ALARM",
}

func (c *ContainerDefinition) validateLinuxParameters() *Error {
	p := c.LinuxParameters
	if p == nil {
		return nil
	}
	if k := p.Capabilities; k != nil {
		for _, capability := range slices.Concat(k.Add, k.Drop) {
			if !slices.Contains(kernelCapabilities, capability) {
				return c.invalid("'linuxParameters.capabilities' has '%s', which is not a capability. Use %s.",
					capability, strings.Join(kernelCapabilities, ", "))
			}
		}
	}
	for _, device := range p.Devices {
		if !path.IsAbs(device.HostPath) {
			return c.invalid("'linuxParameters.devices.hostPath' is '%s'; it must be an absolute path.", device.HostPath)
		}
		if device.ContainerPath != "" && !path.IsAbs(device.ContainerPath) {
			return c.invalid("'linuxParameters.devices.containerPath' is '%s'; it must be an absolute path.", device.ContainerPath)
		}
	}
	return nil
}

// validateSecurityOptions checks ECS's forms, and Docker's seccomp: unconfined, or the text of a
// profile. The path of a profile cannot work, because engines do not read files for their clients.
func (c *ContainerDefinition) validateSecurityOptions() *Error {
	for _, option := range c.DockerSecurityOptions {
		name, value := SecurityOption(option)
		var ok bool
		switch name {
		case "no-new-privileges":
			ok = value == "" || value == "true" || value == "false"
		case "apparmor", "label", "credentialspec":
			ok = value != ""
		case "seccomp":
			ok = value == "unconfined" || strings.HasPrefix(value, "{") && json.Valid([]byte(value))
		}
		if !ok {
			return c.invalid("'dockerSecurityOptions' has '%s'. Use no-new-privileges, apparmor:PROFILE, label:VALUE, "+
				"seccomp:unconfined, or seccomp: and the JSON text of a profile.", option)
		}
	}
	return nil
}

// validateUser checks ECS's six forms: a user, or a user and a group after a colon, each by name or
// number.
func (c *ContainerDefinition) validateUser() *Error {
	parts := strings.Split(c.User, ":")
	if c.User != "" && (len(parts) > 2 || slices.Contains(parts, "") || strings.ContainsAny(c.User, " \t\n")) {
		return c.invalid("'user' is '%s'. Use user, user:group, uid, uid:gid, user:gid or uid:group.", c.User)
	}
	return nil
}

// validateHosts checks the addresses that go into a container's resolv.conf and hosts files.
func (c *ContainerDefinition) validateHosts() *Error {
	if strings.ContainsAny(c.Hostname, " \t\n/:") {
		return c.invalid("'hostname' is '%s', which is not a host name.", c.Hostname)
	}
	for _, server := range c.DnsServers {
		if _, err := netip.ParseAddr(server); err != nil {
			return c.invalid("'dnsServers' has '%s', which is not an IP address.", server)
		}
	}
	for _, h := range c.ExtraHosts {
		// Docker puts the address of the host in place of host-gateway.
		if _, err := netip.ParseAddr(h.IpAddress); err != nil && h.IpAddress != "host-gateway" {
			return c.invalid("'extraHosts.ipAddress' of '%s' is '%s', which is not an IP address.", h.Hostname, h.IpAddress)
		}
	}
	return nil
}
