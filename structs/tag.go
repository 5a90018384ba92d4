package structs

// ResourceKey names a resource that carries tags: the resource part of its ARN. Tags have a table
// of their own, so resources without tags cost nothing.
type ResourceKey = string

// The kinds of resources that carry tags: the first part of a ResourceKey.
const (
	ResourceCluster          = "cluster"
	ResourceTaskDefinition   = "task-definition"
	ResourceInstance         = "container-instance"
	ResourceTask             = "task"
	ResourceService          = "service"
	ResourceTaskSet          = "task-set"
	ResourceCapacityProvider = "capacity-provider"
	ResourceSecret           = "secret"
	ResourceParameter        = "parameter"
	ResourceRole             = "role"   // of IAM
	ResourcePolicy           = "policy" // of IAM
	ResourceLogGroup         = "log-group"
	ResourceCertificate      = "certificate" // of ACM
	ResourceGateway          = "gateway"
)

// ClusterKey returns the key of a cluster.
func ClusterKey(name string) ResourceKey { return ResourceCluster + "/" + name }

// GatewayKey returns the key of a gateway.
func GatewayKey(name string) ResourceKey { return ResourceGateway + "/" + name }

// TaskDefinitionKey returns the key of a revision, which is named "family:revision".
func TaskDefinitionKey(revision string) ResourceKey { return ResourceTaskDefinition + "/" + revision }

// InstanceKey returns the key of a container instance.
func InstanceKey(cluster, id string) ResourceKey { return ResourceInstance + "/" + cluster + "/" + id }

// TaskKey returns the key of a task.
func TaskKey(cluster, id string) ResourceKey { return ResourceTask + "/" + cluster + "/" + id }

// ServiceKey returns the key of a service.
func ServiceKey(cluster, name string) ResourceKey {
	return ResourceService + "/" + cluster + "/" + name
}

// TaskSetKey returns the key of a task set of a service.
func TaskSetKey(service *Job, set string) ResourceKey {
	return ResourceTaskSet + "/" + service.Cluster + "/" + service.Name + "/" + set
}

// CapacityProviderKey returns the key of a capacity provider.
func CapacityProviderKey(name string) ResourceKey { return ResourceCapacityProvider + "/" + name }

// SecretKey returns the key of a secret.
func SecretKey(name string) ResourceKey { return ResourceSecret + "/" + name }

// ParameterKey returns the key of a parameter, whose name may begin with a slash.
func ParameterKey(name string) ResourceKey { return ResourceParameter + "/" + name }

// LogGroupKey returns the key of a log group.
func LogGroupKey(name string) ResourceKey { return ResourceLogGroup + "/" + name }

// CertificateKey returns the key of a certificate.
func CertificateKey(id string) ResourceKey { return ResourceCertificate + "/" + id }

// TagCommand sets tags on a resource.
type TagCommand struct {
	Resource string // see ResourceKey
	Tags     []Tag
}

// CommandType implements Command.
func (TagCommand) CommandType() CommandType { return CmdTag }

// UntagCommand removes tags by key.
type UntagCommand struct {
	Resource string
	Keys     []string
}

// CommandType implements Command.
func (UntagCommand) CommandType() CommandType { return CmdUntag }
