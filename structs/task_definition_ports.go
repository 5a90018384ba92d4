package structs

import "cmp"

func (d *TaskDefinition) validatePorts() *Error {
	used := map[Port]string{}
	for i := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[i]
		if d.NetworkMode == NetworkNone && len(c.PortMappings) > 0 {
			return c.invalid("Port mappings are not supported when networkMode=none.")
		}
		for _, m := range c.PortMappings {
			if err := c.validatePort(m, d.NetworkMode); err != nil {
				return err
			}
			port := Port{Number: uint16(claimedPort(m, d.NetworkMode)), Protocol: cmp.Or(m.Protocol, "tcp")}
			if port.Number == 0 {
				continue
			}
			if other, taken := used[port]; taken {
				return Errorf(KindClient, "Host port %d/%s is mapped twice, by container '%s' and by container '%s'. Use another port, or 0 for a dynamic one.",
					port.Number, port.Protocol, other, c.Name)
			}
			used[port] = c.Name
		}
	}
	return nil
}

// claimedPort returns the port that a mapping takes for its container alone, zero if it takes none.
// In the modes host and awsvpc, containers share the ports of one network namespace.
func claimedPort(m PortMapping, networkMode string) int32 {
	if networkMode == NetworkHost || networkMode == NetworkAwsvpc {
		return deref(m.ContainerPort)
	}
	return deref(m.HostPort)
}

func (c *ContainerDefinition) validatePort(m PortMapping, networkMode string) *Error {
	if m.ContainerPortRange != "" {
		if m.ContainerPort != nil || m.HostPort != nil {
			return c.invalid("A port mapping has either 'containerPortRange' or 'containerPort' and 'hostPort', not both.")
		}
		return nil
	}
	if p := deref(m.ContainerPort); p < 1 || p > 65535 {
		return c.invalid("'portMappings.containerPort' is %d; it must be between 1 and 65535.", p)
	}
	hostPort := deref(m.HostPort)
	if hostPort < 0 || hostPort > 65535 {
		return c.invalid("'portMappings.hostPort' is %d; it must be between 0 and 65535.", hostPort)
	}
	if (networkMode == NetworkHost || networkMode == NetworkAwsvpc) && hostPort != 0 && hostPort != *m.ContainerPort {
		return Errorf(KindClient, "When networkMode=%s, the host ports and container ports in port mappings must match.", networkMode)
	}
	return nil
}
