package structs

import (
	"cmp"
	"slices"
	"strings"
)

// Discovery returns the name of the service in its namespace.
func (s *ConnectService) Discovery() string { return cmp.Or(s.DiscoveryName, s.PortName) }

// Reached returns by which names and ports clients reach a service, in lower case. Without aliases
// it is DISCOVERYNAME.NAMESPACE, at the port of the container (ECS): that alias has port zero.
func (c *ServiceConnect) Reached(s *ConnectService) []ConnectAlias {
	aliases := slices.Clone(s.Aliases)
	if len(aliases) == 0 {
		aliases = []ConnectAlias{{}}
	}
	for n := range aliases {
		aliases[n].DNSName = strings.ToLower(cmp.Or(aliases[n].DNSName, s.Discovery()+"."+c.Namespace))
	}
	return aliases
}

// NamedPort returns the port mapping of a name, or nil if there is none. Ranges of ports have no
// ContainerPort, and are not found.
func (d *TaskDefinition) NamedPort(name string) *PortMapping {
	if d == nil {
		return nil
	}
	for n := range d.ContainerDefinitions {
		for m := range d.ContainerDefinitions[n].PortMappings {
			if p := &d.ContainerDefinitions[n].PortMappings[m]; p.Name == name && p.ContainerPort != nil {
				return p
			}
		}
	}
	return nil
}
