package endpoints

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// nameTTL is for how many seconds clients may remember an answer. Each machine has its own server,
// so that to ask again costs nothing, and an answer is to follow state within a second.
const nameTTL = 1

// maxHolders is how many addresses a name has in frames.
const maxHolders = 64

// Names returns the names of the cluster's DNS and who has them, in the order of the names:
//
//	SERVICE.CLUSTER.gantry   the healthy tasks of a service
//	NAME-ID.elb.gantry       the connected ingress instances, for a load balancer
//	SERVICE.NAMESPACE        the healthy instances of a service of Cloud Map
//	NAMESPACE                a private namespace of Cloud Map, as a zone
//
// A name that nobody has at the moment is there, without addresses: a lookup then finds nothing,
// but the name exists.
func Names(v NamesView) []structs.TrafficName {
	var list []structs.TrafficName
	for c := range v.Clusters() {
		for job := range v.Services(c.Name) {
			if job.Status == structs.ServiceActive {
				list = append(list, serviceName(v, job))
			}
		}
	}
	list = append(append(list, loadBalancerNames(v)...), discoveryNames(v)...)
	slices.SortStableFunc(list, func(a, b structs.TrafficName) int { return cmp.Compare(a.Name, b.Name) })
	// of two services whose names differ in case only, or a namespace with the name of something
	// else, the first has the name
	return slices.CompactFunc(list, func(a, b structs.TrafficName) bool { return a.Name == b.Name })
}

// discoveryNames returns the names of Cloud Map.
func discoveryNames(v NamesView) (list []structs.TrafficName) {
	byRegistry := map[string][]*structs.Job{}
	for c := range v.Clusters() {
		for job := range v.Services(c.Name) {
			if job.Status == structs.ServiceActive {
				for _, r := range job.Service.Registries {
					byRegistry[r.Registry] = append(byRegistry[r.Registry], job)
				}
			}
		}
	}
	for n := range v.Namespaces() {
		if n.Type != structs.NamespacePrivate {
			continue
		}
		list = append(list, structs.TrafficName{Name: strings.ToLower(n.Name), TTL: nameTTL, Zone: true})
		for s := range v.NamespaceServices(n.ID) {
			if len(s.Records) > 0 {
				list = append(list, discoveryName(v, n, s, byRegistry[s.ID]))
			}
		}
	}
	return list
}

// ServiceDNSName returns the name of a service in the cluster's DNS.
func ServiceDNSName(cluster, service string) string {
	return strings.ToLower(service + "." + cluster + ".gantry")
}

// serviceName returns the name of a service. The port is that of the first port mapping of its
// definition.
func serviceName(v NamesView, job *structs.Job) structs.TrafficName {
	name := structs.TrafficName{Name: ServiceDNSName(job.Cluster, job.Name), TTL: nameTTL}
	serves := serving(v, job)
	for t := range v.JobTasks(job.ID) {
		d := v.TaskDefinition(t.TaskDefinition)
		if !serves(t, d) {
			continue
		}
		a := structs.NameAddress{Address: addressOf(v, t), Task: t.ID}
		if ports := portsOf(t, d); len(ports) > 0 {
			a.Port = ports[0].Port
		}
		if a.Address == "" {
			continue
		}
		if name.Addresses = append(name.Addresses, a); len(name.Addresses) == maxHolders {
			break
		}
	}
	return name
}

// loadBalancerNames returns the names of load balancers.
func loadBalancerNames(v NamesView) (list []structs.TrafficName) {
	var ingress []structs.NameAddress
	for b := range v.LoadBalancers() {
		if list == nil {
			ingress = ingressAddresses(v)
		}
		list = append(list, structs.TrafficName{
			Name: b.DNSName(), TTL: nameTTL, Addresses: ingress,
		})
	}
	return list
}

func ingressAddresses(v NamesView) (list []structs.NameAddress) {
	for i := range v.AllInstances() {
		if i.Ingress && i.AgentConnected && i.Status != structs.InstanceInactive && i.Address != "" {
			if list = append(list, structs.NameAddress{Address: i.Address}); len(list) == maxHolders {
				break
			}
		}
	}
	return list
}

// serving returns what tells the tasks of a service that its names stand for: they run, are
// healthy, were not asked to stop, are on connected instances, and the service's traffic goes to
// their revision.
func serving(v NamesView, job *structs.Job) func(*structs.Task, *structs.TaskDefinition) bool {
	var primary *structs.Deployment
	for d := range v.Deployments(job.ID) {
		if d.Status == structs.DeploymentPrimary {
			primary = d
		}
	}
	return func(t *structs.Task, d *structs.TaskDefinition) bool {
		if primary != nil && primary.Traffic != nil {
			share := primary.Traffic.Production
			if t.StartedBy != primary.ID {
				share = 100 - share
			}
			if share <= 0 {
				return false
			}
		}
		return runs(v, t) && isHealthy(v, t, d)
	}
}

// runs reports whether a task runs, and goes on to, on a connected instance.
func runs(v NamesView, t *structs.Task) bool {
	if t.LastStatus != structs.TaskRunning || t.DesiredStatus != structs.TaskRunning {
		return false
	}
	i := v.Instance(t.Instance)
	return i != nil && i.AgentConnected
}

// isHealthy reports whether the health checks of a task's containers and of its target groups pass,
// as far as there are any.
func isHealthy(v NamesView, t *structs.Task, d *structs.TaskDefinition) bool {
	if d != nil && d.HasHealthCheck() && t.Health(d) != structs.Healthy {
		return false
	}
	for n := range t.Targets {
		g := v.TargetGroup(t.Targets[n].TargetGroup)
		if g != nil && g.Check.Enabled && t.Targets[n].Health.State != structs.TargetHealthy {
			return false
		}
	}
	return true
}
