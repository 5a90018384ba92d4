package structs

// DefaultCluster is the cluster that a call without a cluster name means.
const DefaultCluster = "default"

// The states of a cluster.
const (
	ClusterActive   = "ACTIVE"
	ClusterInactive = "INACTIVE"
)

// Cluster is a named group of container instances and of the work on them. One installation holds
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

// Validate says what is wrong with a cluster before it is made.
func (c *Cluster) Validate() *Error {
	if !isName(c.Name) {
		return Errorf(KindInvalidParameter, "Invalid cluster name %q. Use up to %d letters, digits, hyphens and underscores.", c.Name, maxName)
	}
	return nil
}
