package endpoints

import (
	"github.com/gantry-project/gantry/structs"
)

// port is a port of a task as others reach it.
type port struct {
	Container     string
	Name          string // of the mapping
	App           string // appProtocol of the mapping: http, http2, grpc or empty
	Protocol      string // tcp or udp
	ContainerPort int32
	Port          int32 // at the address of the task
}

// addressOf returns where a task is reached: its own address, or its instance's.
func addressOf(v NamesView, t *structs.Task) string {
	if t.Address != "" {
		return t.Address
	}
	if i := v.Instance(t.Instance); i != nil {
		return i.Address
	}
	return ""
}

// portsOf returns the ports of a running task, in the order of its definition. Ranges of ports are
// not among them.
func portsOf(t *structs.Task, d *structs.TaskDefinition) (list []port) {
	if d == nil {
		return nil
	}
	for n := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[n]
		for _, m := range c.PortMappings {
			if m.ContainerPort == nil {
				continue
			}
			p := port{Container: c.Name, Name: m.Name, App: m.AppProtocol, Protocol: m.Protocol, ContainerPort: *m.ContainerPort}
			switch {
			case t.Address != "":
				p.Port = p.ContainerPort
			case d.NetworkMode == structs.NetworkHost:
				p.Port = p.ContainerPort
				if m.HostPort != nil && *m.HostPort > 0 {
					p.Port = *m.HostPort
				}
			default:
				p.Port = boundTo(t, c.Name, p.ContainerPort, m.Protocol)
			}
			if p.Port > 0 {
				list = append(list, p)
			}
		}
	}
	return list
}

// boundTo returns the port of the machine that leads to a port of a container, or zero.
func boundTo(t *structs.Task, container string, containerPort int32, protocol string) int32 {
	for n := range t.Containers {
		if t.Containers[n].Name != container {
			continue
		}
		for _, b := range t.Containers[n].NetworkBindings {
			if b.ContainerPort != nil && *b.ContainerPort == containerPort && b.HostPort != nil && (b.Protocol == "" || b.Protocol == protocol) {
				return *b.HostPort
			}
		}
	}
	return 0
}
