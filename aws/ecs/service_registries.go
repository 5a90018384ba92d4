package ecs

import (
	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

// discovery returns the ARNs of Cloud Map.
func (a arns) discovery() protocol.ARNs {
	return protocol.ARNs{Service: "servicediscovery", Region: a.Region, Account: a.Account}
}

// registries reads the registries of a service. nil stays nil: no change.
func (c *call) registries(given []ServiceRegistry) ([]structs.ServiceRegistry, error) {
	if given == nil {
		return nil, nil
	}
	out := []structs.ServiceRegistry{}
	for _, r := range given {
		id, err := c.arns.discovery().Path("serviceRegistries.registryArn", r.RegistryArn, "service", 1)
		if err != nil {
			return nil, err
		}
		one := structs.ServiceRegistry{Registry: id[0], Container: r.ContainerName}
		if r.Port != nil {
			one.Port = *r.Port
		}
		if r.ContainerPort != nil {
			one.ContainerPort = *r.ContainerPort
		}
		out = append(out, one)
	}
	return out, nil
}

// shownRegistries shows registries. It is never nil.
func (c *call) shownRegistries(all []structs.ServiceRegistry) []ServiceRegistry {
	out := []ServiceRegistry{}
	for _, r := range all {
		one := ServiceRegistry{RegistryArn: c.arns.discovery().Of(structs.DiscoveryServiceKey(r.Registry)), ContainerName: r.Container}
		if r.Port != 0 {
			one.Port = &r.Port
		}
		if r.ContainerPort != 0 {
			one.ContainerPort = &r.ContainerPort
		}
		out = append(out, one)
	}
	return out
}
