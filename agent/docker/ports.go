package docker

import (
	"cmp"
	"fmt"
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
	// labelDynamicPorts keeps the mappings of a container whose host ports the agent chose, as
	// `docker run -p` takes them, separated by commas: "40000:80/tcp,40001-40011:8080-8090/udp".
	labelDynamicPorts = "gantry.dynamic-ports"
)

// dockerPort returns the container port of a mapping as Docker writes it; ok is false for a mapping
// without a single port.
func dockerPort(m structs.PortMapping) (port nat.Port, ok bool) {
	if m.ContainerPort == nil {
		return "", false
	}
	return nat.Port(strconv.Itoa(int(*m.ContainerPort)) + "/" + cmp.Or(m.Protocol, "tcp")), true
}

// publish publishes the mapped ports on every address of the host. A mapping of a range, without a
// host port, or with zero is dynamic: the agent chooses free ports.
func (e *Engine) publish(config *container.Config, host *container.HostConfig, mappings []structs.PortMapping) error {
	config.ExposedPorts, host.PortBindings = nat.PortSet{}, nat.PortMap{}
	var dynamic []string
	for _, m := range mappings {
		text, ok := m.ContainerPortRange, m.ContainerPortRange != ""
		if port, single := dockerPort(m); single {
			text, ok = port.Port(), true
		}
		if !ok {
			continue
		}
		first, last, err := structs.ParsePortRange(text)
		if err != nil {
			return fmt.Errorf("portMappings.containerPortRange %w", err)
		}
		protocol := cmp.Or(m.Protocol, "tcp")
		hostPorts := strconv.Itoa(int(valueOr(m.HostPort, 0)))
		if hostPorts == "0" {
			if hostPorts, err = e.ports.choose(last-first+1, protocol); err != nil {
				return err
			}
			dynamic = append(dynamic, hostPorts+":"+text+"/"+protocol)
		}
		if err := bind(config, host, hostPorts+":"+text+"/"+protocol); err != nil {
			return err
		}
	}
	if len(dynamic) > 0 {
		config.Labels[labelDynamicPorts] = strings.Join(dynamic, ",")
	}
	return nil
}

// bind adds a mapping as `docker run -p` takes it.
func bind(config *container.Config, host *container.HostConfig, mapping string) error {
	parts, err := nat.ParsePortSpec(mapping)
	if err != nil {
		return fmt.Errorf("map ports %s: %w", mapping, err)
	}
	for _, p := range parts {
		config.ExposedPorts[p.Port] = struct{}{}
		host.PortBindings[p.Port] = append(host.PortBindings[p.Port], p.Binding)
	}
	return nil
}

// chooseOtherPorts changes the dynamic ports of a container that could not be started.
func (e *Engine) chooseOtherPorts(c container.InspectResponse) error {
	var dynamic []string
	for old := range strings.SplitSeq(c.Config.Labels[labelDynamicPorts], ",") {
		parts, err := nat.ParsePortSpec(old)
		if err != nil {
			return fmt.Errorf("label %s %q: %w", labelDynamicPorts, old, err)
		}
		for _, p := range parts {
			others := slices.DeleteFunc(c.HostConfig.PortBindings[p.Port], func(b nat.PortBinding) bool { return b.HostPort == p.Binding.HostPort })
			c.HostConfig.PortBindings[p.Port] = others
		}
		hostPorts, err := e.ports.choose(len(parts), parts[0].Port.Proto())
		if err != nil {
			return err
		}
		_, containerPorts, _ := strings.Cut(old, ":")
		mapping := hostPorts + ":" + containerPorts
		if err := bind(c.Config, c.HostConfig, mapping); err != nil {
			return err
		}
		dynamic = append(dynamic, mapping)
	}
	c.Config.Labels[labelDynamicPorts] = strings.Join(dynamic, ",")
	return nil
}

// dynamicPortTaken reports whether an engine's error says that a port which the agent chose for a
// container is in use: by another container ("port is already allocated"), or by another process
// ("address already in use").
func dynamicPortTaken(c container.InspectResponse, text string) bool {
	if !strings.Contains(text, "already allocated") && !strings.Contains(text, "already in use") {
		return false
	}
	for mapping := range strings.SplitSeq(c.Config.Labels[labelDynamicPorts], ",") {
		parts, err := nat.ParsePortSpec(mapping)
		if err == nil && slices.ContainsFunc(parts, func(p nat.PortMapping) bool { return names(text, ":"+p.Binding.HostPort) }) {
			return true
		}
	}
	return false
}

// names reports whether a text has a number that begins with the given text, and no longer one.
func names(text, number string) bool {
	for {
		_, rest, found := strings.Cut(text, number)
		if !found || rest == "" || rest[0] < '0' || rest[0] > '9' {
			return found
		}
		text = rest
	}
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
// The ports of a range are one binding.
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
		bindings = publishedBindings(c)
	}
	order := func(b structs.NetworkBinding) int {
		first, _, _ := strings.Cut(b.ContainerPortRange, "-")
		n, _ := strconv.Atoi(first)
		return max(n, int(valueOr(b.ContainerPort, 0)))
	}
	slices.SortFunc(bindings, func(a, b structs.NetworkBinding) int {
		return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a.Protocol, b.Protocol),
			cmp.Compare(valueOr(a.HostPort, 0), valueOr(b.HostPort, 0)))
	})
	return bindings
}

func publishedBindings(c container.InspectResponse) (bindings []structs.NetworkBinding) {
	inRange := map[nat.PortMapping]bool{}
	for mapping := range strings.SplitSeq(c.Config.Labels[labelDynamicPorts], ",") {
		parts, err := nat.ParsePortSpec(mapping)
		if err != nil || len(parts) < 2 {
			continue
		}
		for _, p := range parts {
			inRange[p] = true
		}
		ports, protocol, _ := strings.Cut(mapping, "/")
		hostRange, containerRange, _ := strings.Cut(ports, ":")
		bindings = append(bindings, structs.NetworkBinding{
			BindIP: anyIPv4, ContainerPortRange: containerRange, HostPortRange: hostRange, Protocol: protocol,
		})
	}
	for port, published := range c.NetworkSettings.Ports {
		for _, b := range onePerPort(published) {
			if !inRange[nat.PortMapping{Port: port, Binding: nat.PortBinding{HostPort: b.HostPort}}] {
				bindings = append(bindings, binding(port, b))
			}
		}
	}
	return bindings
}

// onePerPort leaves out the IPv6 bindings if Docker publishes on both: their ports are the same,
// and ECS reports IPv4.
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
