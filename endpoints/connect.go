package endpoints

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// connectPrefix begins the ids of groups that Gantry makes for Service Connect.
const connectPrefix = "connect/"

// ForEveryone reports whether every agent gets a target group, and not only ingress instances.
func ForEveryone(group string) bool { return strings.HasPrefix(group, connectPrefix) }

// ConnectGroup returns the id of the group of a service of Service Connect.
func ConnectGroup(namespace, discoveryName string) string {
	return connectPrefix + namespace + "/" + discoveryName
}

// connectGroups returns the groups of Service Connect of a service: for each port that it offers,
// the healthy running tasks that map it.
func connectGroups(v NamesView, job *structs.Job) (list []structs.TrafficGroup) {
	if job == nil || job.Service == nil || job.Service.Connect == nil || job.Status != structs.ServiceActive {
		return nil
	}
	connect := job.Service.Connect
	for n := range connect.Services {
		list = append(list, connectGroup(connect, &connect.Services[n], v.TaskDefinition(job.TaskDefinition)))
	}
	serves := serving(v, job)
	for t := range v.JobTasks(job.ID) {
		d := v.TaskDefinition(t.TaskDefinition)
		address := addressOf(v, t)
		if !serves(t, d) || address == "" {
			continue
		}
		for _, p := range portsOf(t, d) {
			for n := range list {
				if p.Name == connect.Services[n].PortName {
					list[n].Targets = append(list[n].Targets, structs.TrafficTarget{
						Address: address, Port: p.Port, Task: t.ID, Instance: t.Instance,
						State: structs.TargetHealthy, Weight: 1,
					})
				}
			}
		}
	}
	for n := range list {
		slices.SortFunc(list[n].Targets, func(a, b structs.TrafficTarget) int {
			return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Task, b.Task))
		})
	}
	return list
}

// connectGroup returns the group of one port, without targets. Its protocol is that of the port
// mapping in the service's definition.
func connectGroup(connect *structs.ServiceConnect, s *structs.ConnectService, d *structs.TaskDefinition) structs.TrafficGroup {
	name := s.Discovery()
	g := structs.TrafficGroup{
		ID:      ConnectGroup(connect.Namespace, name),
		Group:   structs.TargetGroup{Name: name, Protocol: structs.ProtocolTCP, TargetType: structs.TargetTypeIP},
		Connect: &structs.TrafficConnect{IdleTimeout: s.IdleTimeout},
	}
	g.Group.ID = g.ID
	if m := d.NamedPort(s.PortName); m != nil {
		g.Group.Port = *m.ContainerPort
		if version := map[string]string{"http": "HTTP1", "http2": "HTTP2", "grpc": "GRPC"}[m.AppProtocol]; version != "" {
			g.Group.Protocol, g.Group.ProtocolVersion = structs.ProtocolHTTP, version
		}
	}
	for _, a := range connect.Reached(s) {
		if a.Port == 0 { // that of the mapping (ECS)
			a.Port = g.Group.Port
		}
		if a.Port != 0 {
			g.Connect.Aliases = append(g.Connect.Aliases, a)
		}
	}
	return g
}
