package structs

// DefaultCluster is the cluster of calls that do not name one.
const DefaultCluster = "default"

// The states of a cluster.
const (
	ClusterActive   = "ACTIVE"
	ClusterInactive = "INACTIVE"
)

// Cluster is a named group of container instances and the work on them. An installation can have
// many. Its counts (instances, tasks, services) are derived from state, never stored.
type Cluster struct {
	Name   string `json:"clusterName"`
	Status string `json:"status"` // ACTIVE, or INACTIVE once deleted

	CapacityProviders       []string                       `json:"capacityProviders,omitzero"`
	DefaultCapacityStrategy []CapacityProviderStrategyItem `json:"defaultCapacityProviderStrategy,omitzero"`
	Configuration           *ClusterConfiguration          `json:"configuration,omitzero"`
	Settings                []ClusterSetting               `json:"settings,omitzero"`
	ServiceConnectDefaults  *ClusterServiceConnectDefaults `json:"serviceConnectDefaults,omitzero"`

	CreatedAt Time `json:"createdAt,omitzero"`
	DeletedAt Time `json:"deletedAt,omitzero"`
}

// Validate reports what is wrong with a new cluster.
func (c *Cluster) Validate() *Error {
	if !isName(c.Name) {
		return Errorf(KindInvalidParameter, "Invalid cluster name %q. Use up to %d letters, digits, hyphens and underscores.", c.Name, maxName)
	}
	return nil
}

// CreateCluster creates a cluster, or makes an INACTIVE one ACTIVE again. An ACTIVE cluster of that
// name is left unchanged.
type CreateCluster struct {
	Cluster Cluster
	Tags    []Tag
}

// CommandType implements Command.
func (CreateCluster) CommandType() CommandType { return CmdCreateCluster }

// DeleteCluster makes a cluster INACTIVE. It fails while the cluster has active instances, tasks or
// services.
type DeleteCluster struct {
	Cluster string
	At      Time
}

// CommandType implements Command.
func (DeleteCluster) CommandType() CommandType { return CmdDeleteCluster }

// UpdateCluster changes an ACTIVE cluster. Nil fields leave the cluster's unchanged.
type UpdateCluster struct {
	Cluster       string
	Providers     *ClusterProviders
	Settings      []ClusterSetting
	Configuration *ClusterConfiguration
	// ServiceConnectDefaults with an empty namespace removes those of the cluster (ECS).
	ServiceConnectDefaults *ClusterServiceConnectDefaults `cbor:",omitempty"`
}

// CommandType implements Command.
func (UpdateCluster) CommandType() CommandType { return CmdUpdateCluster }

// ClusterProviders are the capacity providers of a cluster and its default strategy, which applies
// to work that names neither a strategy nor a launch type.
type ClusterProviders struct {
	Providers       []string
	DefaultStrategy []CapacityProviderStrategyItem
}
