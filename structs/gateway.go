package structs

import (
	"cmp"
	"slices"
)

// The states of a gateway that Gantry shows; those of a gateway that changes or has failed do not
// occur, since nothing outside the cluster has to change (ECS).
const GatewayActive = "ACTIVE"

// The states of an association. One without routes is gone at once (ECS: INACTIVE).
const (
	AssociationActive         = "ACTIVE"
	AssociationDisassociating = "DISASSOCIATING"
	AssociationInactive       = "INACTIVE"
)

// The access types of gateways (ECS).
const (
	AccessPublic  = "PUBLIC"
	AccessPrivate = "PRIVATE"
)

// RouteActive is the state of a gateway's route (ECS).
const RouteActive = "ACTIVE"

// MaxClusterGateways is how many gateways a cluster can have (ECS).
const MaxClusterGateways = 5

// Gateway is an ECS gateway: a way for HTTPS requests into the services of associated clusters. It
// belongs to no cluster. All gateways share one load balancer (SharedBalancer).
type Gateway struct {
	Name string `json:"name" cbor:"1,keyasint"` // unique
	Role string `json:"infrastructureRoleArn" cbor:"2,keyasint"`
	// PropagateTags is NONE or GATEWAY. It has no effect.
	PropagateTags string `json:"propagateTags" cbor:"3,keyasint"`
	Protected     bool   `json:"deletionProtection" cbor:"4,keyasint"`
	// Scheme is internet-facing or internal. It decides the access type, and nothing else.
	Scheme        string   `json:"scheme" cbor:"5,keyasint"`
	Desync        string   `json:"httpDesync" cbor:"6,keyasint"` // defensive or strictest; the balancer always is the latter
	MaxBalancers  int32    `json:"maxAlbCount" cbor:"7,keyasint"`
	IPAddressType string   `json:"ipAddressType" cbor:"8,keyasint"`
	Subnets       []string `json:"subnets,omitzero" cbor:"9,keyasint,omitzero"`
	SecurityGroup string   `json:"inboundSecurityGroup,omitzero" cbor:"10,keyasint,omitzero"`
	ClientToken   string   `json:"clientToken,omitzero" cbor:"11,keyasint,omitzero"`
	CreatedAt     Time     `json:"createdAt" cbor:"12,keyasint"`
	UpdatedAt     Time     `json:"updatedAt" cbor:"13,keyasint"`
}

// AccessType returns PUBLIC or PRIVATE.
func (g *Gateway) AccessType() string {
	if g.Scheme == "internal" {
		return AccessPrivate
	}
	return AccessPublic
}

// GatewayAssociation lets the services of a cluster use a gateway.
type GatewayAssociation struct {
	Cluster string `json:"cluster" cbor:"1,keyasint"`
	Gateway string `json:"gateway" cbor:"2,keyasint"`
	// Status is DISASSOCIATING until the last route of the cluster is gone; then the row goes.
	Status string `json:"status" cbor:"3,keyasint"`
}

// GatewayConnector is a service's use of the gateways of its cluster (ECS: gatewayConnectors).
type GatewayConnector struct {
	PortName string `json:"portName"`
	// Container, Port and Protocol are those of the port mapping with that name.
	Container string `json:"containerName"`
	Port      int32  `json:"port"`
	Protocol  string `json:"appProtocol,omitzero"` // http, http2 or grpc
	// AccessTypes are those of the gateways that it uses; empty: all.
	AccessTypes []string        `json:"accessTypes,omitzero"`
	Check       *ConnectorCheck `json:"healthCheck,omitzero"`
	// Routes are the gateways of the cluster when the service was put last: one that is associated
	// later has no effect until then (ECS).
	Routes []GatewayRoute `json:"routes"`
}

// GatewayRoute is the way from a gateway to a service.
type GatewayRoute struct {
	Gateway string `json:"gateway"` // Gateway.Name
	Host    string `json:"host"`    // of its own
}

// ConnectorCheck is the health check of a connector. Zero values mean elbv2's defaults.
type ConnectorCheck struct {
	Path      string `json:"path,omitzero"`
	Port      int32  `json:"port,omitzero"`
	Protocol  string `json:"protocol,omitzero"`
	Interval  int32  `json:"intervalSeconds,omitzero"`
	Timeout   int32  `json:"timeoutSeconds,omitzero"`
	Healthy   int32  `json:"healthyThreshold,omitzero"`
	Unhealthy int32  `json:"unhealthyThreshold,omitzero"`
	Matcher   string `json:"matcher,omitzero"`
}

// Takes reports whether a connector uses gateways of an access type.
func (c *GatewayConnector) Takes(accessType string) bool {
	return len(c.AccessTypes) == 0 || slices.Contains(c.AccessTypes, accessType)
}

// FindPort sets the container and port that the connector's port name stands for, or fails in a
// definition without one.
func (c *GatewayConnector) FindPort(d *TaskDefinition) *Error {
	const at = "gatewayConnectors[0]"
	if d.NetworkMode != NetworkAwsvpc {
		return Errorf(KindInvalidParameter, at+": the task definition %s has the network mode %s; a service that uses a gateway needs awsvpc",
			d.Key(), cmp.Or(d.NetworkMode, NetworkBridge))
	}
	for i := range d.ContainerDefinitions {
		for _, m := range d.ContainerDefinitions[i].PortMappings {
			if m.Name == c.PortName && c.PortName != "" && cmp.Or(m.Protocol, "tcp") == "tcp" {
				c.Container, c.Port, c.Protocol = d.ContainerDefinitions[i].Name, deref(m.ContainerPort), m.AppProtocol
				return nil
			}
		}
	}
	return Errorf(KindInvalidParameter, at+".portName: the task definition %s has no TCP port mapping with the name %q", d.Key(), c.PortName)
}

// describe sets what the connector says about the rows of its service.
func (c *GatewayConnector) describe(x *Exposure) {
	check := cmp.Or(c.Check, &ConnectorCheck{})
	x.Group.Port, x.Group.Attributes = c.Port, nil
	x.Group.Check = TargetCheck{
		Enabled: true, Protocol: cmp.Or(check.Protocol, ProtocolHTTP), Port: "traffic-port", Path: cmp.Or(check.Path, "/"),
		Interval: cmp.Or(check.Interval, 30), Timeout: cmp.Or(check.Timeout, 5),
		Healthy: cmp.Or(check.Healthy, 5), Unhealthy: cmp.Or(check.Unhealthy, 2), Matcher: cmp.Or(check.Matcher, "200"),
	}
	if check.Port != 0 {
		x.Group.Check.Port = portText(check.Port)
	}
	switch c.Protocol {
	case "http2":
		x.Group.ProtocolVersion = "HTTP2"
	case "grpc":
		x.Group.ProtocolVersion = "GRPC"
		x.Group.Check.Path, x.Group.Check.Matcher = cmp.Or(check.Path, "/AWS.ALB/healthcheck"), cmp.Or(check.Matcher, "12")
	}
	var hosts []string
	for _, r := range c.Routes {
		hosts = append(hosts, r.Host)
	}
	x.Rule.Conditions = []RuleCondition{{Field: FieldHostHeader, Values: hosts}}
}

// PutGateway adds a gateway, or replaces one that exists. A new gateway (New) fails if there is one
// of its name, unless it was made with the same client token.
type PutGateway struct {
	Gateway Gateway
	New     bool
	Tags    []Tag // of a new one
}

// CommandType implements Command.
func (PutGateway) CommandType() CommandType { return CmdPutGateway }

// DeleteGateway removes a gateway that no cluster is associated with.
type DeleteGateway struct{ Gateway string }

// CommandType implements Command.
func (DeleteGateway) CommandType() CommandType { return CmdDeleteGateway }

// AssociateGateway associates a gateway with a cluster.
type AssociateGateway struct{ Gateway, Cluster string }

// CommandType implements Command.
func (AssociateGateway) CommandType() CommandType { return CmdAssociateGateway }

// DisassociateGateway ends an association, once the last route of the cluster is gone.
type DisassociateGateway struct{ Gateway, Cluster string }

// CommandType implements Command.
func (DisassociateGateway) CommandType() CommandType { return CmdDisassociateGateway }
