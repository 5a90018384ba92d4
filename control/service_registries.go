package control

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// applyNames applies what a change says about service discovery, and checks it for the definition
// of the service.
func (ch *ServiceChange) applyNames(snap *state.Snapshot, job *structs.Job) error {
	if ch.Registries != nil {
		job.Service.Registries = ch.Registries
	}
	return checkRegistries(snap, snap.TaskDefinition(job.TaskDefinition), job.Service.Registries)
}

// checkRegistries checks the registries of a service for its task definition; nil if it has none of
// its own (controller EXTERNAL). The rules are ECS's.
func checkRegistries(snap *state.Snapshot, def *structs.TaskDefinition, all []structs.ServiceRegistry) error {
	if len(all) > 1 {
		return structs.Errorf(structs.KindInvalidParameter, "serviceRegistries: a service can have one registry, not %d.", len(all))
	}
	for _, r := range all {
		s := snap.DiscoveryService(r.Registry)
		if s == nil {
			return structs.Errorf(structs.KindInvalidParameter, "serviceRegistries: the service %s of Cloud Map was not found.", r.Registry)
		}
		if s.HasRecord(structs.RecordCNAME) {
			return structs.Errorf(structs.KindInvalidParameter, "serviceRegistries: the service %s has CNAME records, and tasks have addresses; use A or SRV.", r.Registry)
		}
		if def == nil {
			continue
		}
		if err := checkRegistry(s, def, r); err != nil {
			return err
		}
	}
	return nil
}

func checkRegistry(s *structs.DiscoveryService, def *structs.TaskDefinition, r structs.ServiceRegistry) error {
	named := r.Container != "" && r.ContainerPort != 0
	awsvpc := def.NetworkMode == structs.NetworkAwsvpc
	switch {
	case (r.Container != "") != (r.ContainerPort != 0):
		return structs.Errorf(structs.KindInvalidParameter, "serviceRegistries: containerName and containerPort go together.")
	case named && r.Port != 0:
		return structs.Errorf(structs.KindInvalidParameter,
			"When specifying a service registry, use either a containerName and containerPort combination or a port value, but not both.")
	case !awsvpc && s.HasRecord(structs.RecordA):
		return structs.Errorf(structs.KindInvalidParameter,
			"serviceRegistries: the service %s has A records, which need networkMode awsvpc; use SRV records.", s.ID)
	case s.HasRecord(structs.RecordAAAA):
		return structs.Errorf(structs.KindInvalidParameter, "serviceRegistries: the service %s has AAAA records, and tasks have IPv4 addresses.", s.ID)
	case !awsvpc && !named:
		return structs.Errorf(structs.KindInvalidParameter, "When specifying 'host' or 'bridge' for networkMode, values for 'containerName' "+
			"and 'containerPort' must be specified from the task definition.")
	case awsvpc && s.HasRecord(structs.RecordSRV) && !named && r.Port == 0:
		return structs.Errorf(structs.KindInvalidParameter, "When specifying 'awsvpc' for networkMode and a service registry with SRV records, "+
			"either a containerName and containerPort combination or a port value must be specified.")
	}
	if named && !mapsPort(def, r.Container, r.ContainerPort) {
		return structs.Errorf(structs.KindInvalidParameter, "The container %s did not have a container port %d defined.", r.Container, r.ContainerPort)
	}
	return nil
}

// mapsPort reports whether a container of a definition maps a port.
func mapsPort(def *structs.TaskDefinition, container string, port int32) bool {
	return slices.ContainsFunc(def.ContainerDefinitions, func(c structs.ContainerDefinition) bool {
		return c.Name == container && slices.ContainsFunc(c.PortMappings, func(m structs.PortMapping) bool {
			return m.ContainerPort != nil && *m.ContainerPort == port
		})
	})
}
