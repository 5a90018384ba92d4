package docker

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/go-connections/nat"

	"github.com/gantry-project/gantry/structs"
)

const (
	networkBridge = "bridge"
	networkHost   = "host"
	anyIPv4       = "0.0.0.0"

	// labelHostPorts keeps the mapped ports ("80/tcp,53/udp") of a container in host network mode.
	// Docker publishes none in that mode, so it does not know them.
	labelHostPorts = "gantry.ports"
)

// dockerPort returns the container port of a mapping as Docker writes it; ok is false for a mapping
// without a single port.
func dockerPort(m structs.PortMapping) (port nat.Port, ok bool) {
	if m.ContainerPort == nil {
		return "", false
	}
	return nat.Port(strconv.Itoa(int(*m.ContainerPort)) + "/" + cmp.Or(m.Protocol, "tcp")), true
}

// publish returns the ports to publish, on every address of the host. A mapping without a host
// port, or with zero, is dynamic: Docker chooses a free one.
func publish(mappings []structs.PortMapping) (nat.PortSet, nat.PortMap) {
	exposed, bindings := nat.PortSet{}, nat.PortMap{}
	for _, m := range mappings {
		port, ok := dockerPort(m)
		if !ok {
			continue
		}
		var binding nat.PortBinding
		if hostPort := valueOr(m.HostPort, 0); hostPort > 0 {
			binding.HostPort = strconv.Itoa(int(hostPort))
		}
		exposed[port] = struct{}{}
		bindings[port] = append(bindings[port], binding)
	}
	return exposed, bindings
}

func hostPortsLabel(mappings []structs.PortMapping) string {
	var ports []string
	for _, m := range mappings {
		if port, ok := dockerPort(m); ok {
			ports = append(ports, string(port))
		}
	}
	return strings.Join(ports, ",")
}

// networkBindings returns the published ports of a running container, ordered by container port.
func networkBindings(c container.InspectResponse) []structs.NetworkBinding {
	var bindings []structs.NetworkBinding
	if c.HostConfig != nil && c.HostConfig.NetworkMode.IsHost() {
		for port := range strings.SplitSeq(c.Config.Labels[labelHostPorts], ",") {
			if port != "" {
				p := nat.Port(port)
				bindings = append(bindings, binding(p, nat.PortBinding{HostPort: p.Port()}))
			}
		}
	} else if c.NetworkSettings != nil {
		for port, published := range c.NetworkSettings.Ports {
			for _, b := range onePerPort(published) {
				bindings = append(bindings, binding(port, b))
			}
		}
	}
	slices.SortFunc(bindings, func(a, b structs.NetworkBinding) int {
		return cmp.Or(cmp.Compare(*a.ContainerPort, *b.ContainerPort), cmp.Compare(a.Protocol, b.Protocol),
			cmp.Compare(*a.HostPort, *b.HostPort))
	})
	return bindings
}

// onePerPort leaves out the IPv6 bindings if Docker publishes on both: the host port can differ
// between the two, and ECS reports IPv4.
func onePerPort(published []nat.PortBinding) []nat.PortBinding {
	var v4 []nat.PortBinding
	for _, b := range published {
		if addr, err := netip.ParseAddr(cmp.Or(b.HostIP, anyIPv4)); err == nil && addr.Is4() {
			v4 = append(v4, b)
		}
	}
	if len(v4) > 0 {
		return v4
	}
	return published
}

func binding(port nat.Port, b nat.PortBinding) structs.NetworkBinding {
	// Docker and Gantry write only numbers. Anything else shows as port 0.
	hostPort, _ := strconv.Atoi(b.HostPort)
	return structs.NetworkBinding{
		BindIP:        cmp.Or(b.HostIP, anyIPv4),
		ContainerPort: new(int32(port.Int())),
		HostPort:      new(int32(hostPort)),
		Protocol:      port.Proto(),
	}
}
