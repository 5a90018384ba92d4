package structs

// The types of namespaces (Cloud Map).
const (
	NamespacePrivate = "DNS_PRIVATE" // its services have names in the cluster's DNS
	NamespaceHTTP    = "HTTP"        // found by DiscoverInstances alone
)

// Namespace is a namespace of Cloud Map: a set of names of services, in no cluster.
type Namespace struct {
	ID          string `json:"id" cbor:"1,keyasint"`   // ns- and 16 letters and digits
	Name        string `json:"name" cbor:"2,keyasint"` // unique; that of a DNS zone for DNS_PRIVATE
	Type        string `json:"type" cbor:"3,keyasint"`
	Description string `json:"description,omitzero" cbor:"4,keyasint,omitzero"`
	VPC         string `json:"vpc,omitzero" cbor:"5,keyasint,omitzero"` // it has no effect
	// Token is the CreatorRequestId, which makes the request that made it idempotent.
	Token     string `json:"creatorRequestId,omitzero" cbor:"6,keyasint,omitzero"`
	CreatedAt Time   `json:"createdAt" cbor:"7,keyasint"`
	// SOATTL is echoed only: a lookup that finds nothing may be remembered for one second.
	SOATTL int64 `json:"soaTTL,omitzero" cbor:"8,keyasint,omitzero"`
}

// The record types of services of a namespace.
const (
	RecordA     = "A"
	RecordAAAA  = "AAAA"
	RecordSRV   = "SRV"
	RecordCNAME = "CNAME"
)

// DiscoveryService is a service of Cloud Map: a name of a namespace and who has it.
type DiscoveryService struct {
	ID          string            `json:"id" cbor:"1,keyasint"`        // srv- and 16 letters and digits
	Namespace   string            `json:"namespace" cbor:"2,keyasint"` // Namespace.ID
	Name        string            `json:"name" cbor:"3,keyasint"`      // unique in the namespace
	Description string            `json:"description,omitzero" cbor:"4,keyasint,omitzero"`
	Records     []DiscoveryRecord `json:"dnsRecords,omitzero" cbor:"5,keyasint,omitzero"`
	Routing     string            `json:"routingPolicy,omitzero" cbor:"6,keyasint,omitzero"` // MULTIVALUE or WEIGHTED
	// CustomHealth means that UpdateInstanceCustomHealthStatus says who is healthy.
	CustomHealth bool   `json:"customHealth,omitzero" cbor:"7,keyasint,omitzero"`
	Token        string `json:"creatorRequestId,omitzero" cbor:"8,keyasint,omitzero"`
	CreatedAt    Time   `json:"createdAt" cbor:"9,keyasint"`
}

// DiscoveryRecord is a type of DNS record that a service has.
type DiscoveryRecord struct {
	Type string `json:"type" cbor:"1,keyasint"`
	TTL  int64  `json:"ttl" cbor:"2,keyasint"` // seconds
}

// HasRecord reports whether a service has DNS records of a type.
func (s *DiscoveryService) HasRecord(kind string) bool {
	for _, r := range s.Records {
		if r.Type == kind {
			return true
		}
	}
	return false
}

// DiscoveryInstance is an instance of a DiscoveryService that a user registered. Tasks are
// instances too, but no rows (endpoints.Registered).
type DiscoveryInstance struct {
	Service    string `json:"service" cbor:"1,keyasint"` // DiscoveryService.ID
	ID         string `json:"id" cbor:"2,keyasint"`      // the user's, unique in the service
	Attributes []Tag  `json:"attributes,omitzero" cbor:"3,keyasint,omitzero"`
	// Unhealthy is what UpdateInstanceCustomHealthStatus said.
	Unhealthy bool   `json:"unhealthy,omitzero" cbor:"4,keyasint,omitzero"`
	Token     string `json:"creatorRequestId,omitzero" cbor:"5,keyasint,omitzero"`
	At        Time   `json:"registeredAt" cbor:"6,keyasint"`
}

// The attributes of instances that Cloud Map and ECS know.
const (
	AttributeIPv4  = "AWS_INSTANCE_IPV4"
	AttributeIPv6  = "AWS_INSTANCE_IPV6"
	AttributePort  = "AWS_INSTANCE_PORT"
	AttributeCNAME = "AWS_INSTANCE_CNAME"
)

// Attribute returns the value of an attribute, or "".
func (i *DiscoveryInstance) Attribute(name string) string {
	for _, a := range i.Attributes {
		if a.Key == name {
			return a.Value
		}
	}
	return ""
}

// PutNamespace adds a namespace, or changes the one of the same id. It fails with NamespaceExists
// if another one has the name; with the same token and type that one is the result.
type PutNamespace struct {
	Namespace Namespace
	Tags      []Tag
}

// CommandType implements Command.
func (PutNamespace) CommandType() CommandType { return CmdPutNamespace }

// DeleteNamespace removes a namespace without services.
type DeleteNamespace struct{ ID string }

// CommandType implements Command.
func (DeleteNamespace) CommandType() CommandType { return CmdDeleteNamespace }

// PutDiscoveryService adds a service, or changes the one of the same id.
type PutDiscoveryService struct {
	Service DiscoveryService
	Tags    []Tag
}

// CommandType implements Command.
func (PutDiscoveryService) CommandType() CommandType { return CmdPutDiscoveryService }

// DeleteDiscoveryService removes a service without instances that is no ECS service's registry.
type DeleteDiscoveryService struct{ ID string }

// CommandType implements Command.
func (DeleteDiscoveryService) CommandType() CommandType { return CmdDeleteDiscoveryService }

// PutDiscoveryInstance adds an instance, or replaces the one of the same service and id.
type PutDiscoveryInstance struct{ Instance DiscoveryInstance }

// CommandType implements Command.
func (PutDiscoveryInstance) CommandType() CommandType { return CmdPutDiscoveryInstance }

// DeleteDiscoveryInstance removes an instance.
type DeleteDiscoveryInstance struct{ Service, ID string }

// CommandType implements Command.
func (DeleteDiscoveryInstance) CommandType() CommandType { return CmdDeleteDiscoveryInstance }

// SetDiscoveryHealth records what a user says about an instance's health.
type SetDiscoveryHealth struct {
	Service, ID string
	Unhealthy   bool
}

// CommandType implements Command.
func (SetDiscoveryHealth) CommandType() CommandType { return CmdSetDiscoveryHealth }

// The kinds of errors of Cloud Map that ECS does not have.
const (
	KindNamespaceExists        Kind = "NamespaceAlreadyExists"
	KindDiscoveryServiceExists Kind = "ServiceAlreadyExists"
	KindInstanceNotFound       Kind = "InstanceNotFound"
)

// ErrNamespaceNotFound reports that a namespace does not exist.
func ErrNamespaceNotFound() *Error {
	return Errorf(KindNamespaceNotFound, "Can't find namespace.")
}

// ErrDiscoveryServiceNotFound reports that a service of Cloud Map does not exist.
func ErrDiscoveryServiceNotFound() *Error {
	return Errorf(KindServiceNotFound, "Can't find service.")
}

// ErrDiscoveryInstanceNotFound reports that an instance of Cloud Map does not exist.
func ErrDiscoveryInstanceNotFound() *Error {
	return Errorf(KindInstanceNotFound, "Can't find instance.")
}

// NamespaceKey returns the key of a namespace.
func NamespaceKey(id string) ResourceKey { return "namespace/" + id }

// DiscoveryServiceKey returns the key of a service of Cloud Map. ECS's services have another form.
func DiscoveryServiceKey(id string) ResourceKey { return "service/" + id }
