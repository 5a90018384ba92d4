package control

import (
	"slices"
	"strconv"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// expose completes the next version of a service that Gantry exposes, whose definition is d: with
// host names, and with the target group among its load balancers. For others it changes nothing.
// The rows themselves are made by fsm.
func (c *Control) expose(snap *state.Snapshot, job *structs.Job, d *structs.TaskDefinition) error {
	spec := job.Service
	spec.LoadBalancers = slices.DeleteFunc(slices.Clone(spec.LoadBalancers), func(b structs.ServiceLoadBalancer) bool { return b.Owner != "" })
	if len(spec.LoadBalancers) == 0 {
		spec.LoadBalancers = nil
	}
	target := structs.ServiceLoadBalancer{Owner: job.ExposedOwner()}
	switch {
	case spec.Gateway != nil && spec.Expose != nil:
		return structs.Errorf(structs.KindInvalidParameter, "gatewayConnectors: the service %s is exposed already, by expose or as an express gateway service; use one of them", job.Name)
	case job.External() && target.Owner != "":
		return structs.Errorf(structs.KindInvalidParameter, "gatewayConnectors: a service with the deployment controller EXTERNAL cannot use a gateway")
	case spec.Gateway != nil:
		gateway := *spec.Gateway
		if err := gateway.FindPort(d); err != nil {
			return err
		}
		if gateway.Routes == nil {
			if err := c.findRoutes(snap, job, &gateway); err != nil {
				return err
			}
		}
		spec.Gateway = &gateway
		target.Container, target.ContainerPort = gateway.Container, gateway.Port
	case spec.Expose != nil:
		e := *spec.Expose
		if err := e.Validate(); err != nil {
			return err
		}
		if len(e.Hosts) == 0 {
			e.Hosts = []string{c.config.Ingress.HostOf(job.Name, job.Cluster)}
		}
		spec.Expose = &e
		container := e.ContainerIn(d)
		if container == "" {
			return structs.Errorf(structs.KindInvalidParameter, "expose.container: the task definition %s has no container %q", d.Key(), e.Container)
		}
		target.Container, target.ContainerPort = container, e.Port
	default:
		return nil
	}
	target.TargetGroup = structs.ExposedGroup(target.Owner)
	spec.LoadBalancers = append(spec.LoadBalancers, target)
	return nil
}

// ingressOf returns where a service is reached, for the command that puts it; zero if Gantry does
// not expose it.
func (c *Control) ingressOf(job *structs.Job) structs.Ingress {
	if job.ExposedOwner() == "" {
		return structs.Ingress{}
	}
	return c.config.Ingress.WithDefaults()
}

// findRoutes sets the routes of a connector: one for each gateway of the cluster that it takes.
func (c *Control) findRoutes(snap *state.Snapshot, job *structs.Job, connector *structs.GatewayConnector) error {
	for a := range snap.ClusterGateways(job.Cluster) {
		if g := snap.Gateway(a.Gateway); g != nil && a.Status == structs.AssociationActive && connector.Takes(g.AccessType()) {
			connector.Routes = append(connector.Routes, structs.GatewayRoute{
				Gateway: g.Name, Host: c.config.Ingress.HostOf(job.Name, job.Cluster, g.Name),
			})
		}
	}
	if len(connector.Routes) == 0 {
		return structs.Errorf(structs.KindInvalidParameter,
			"gatewayConnectors: the cluster %s is associated with no gateway that the connector can use. Associate one with AssociateGatewayWithCluster first.", job.Cluster)
	}
	return nil
}

// urls returns where an exposed service is reached, best first; nil if it is not.
func urls(snap *state.Snapshot, job *structs.Job) []string {
	if job.Service == nil {
		return nil
	}
	var found []string
	if e := job.Service.Expose; e != nil {
		for _, host := range e.Hosts {
			found = append(found, URLOf(snap, host)+e.Path)
		}
	}
	if g := job.Service.Gateway; g != nil {
		for _, r := range g.Routes {
			found = append(found, URLOf(snap, r.Host))
		}
	}
	return found
}

// URLOf returns the URL of a host name of an exposed service.
func URLOf(snap interface {
	Listener(id string) *structs.Listener
}, host string) string {
	url := "https://" + host
	if l := snap.Listener(structs.SharedListener()); l != nil && l.Port != structs.DefaultHTTPSPort {
		url += ":" + strconv.Itoa(int(l.Port))
	}
	return url
}
