package structs

// InstanceNetwork is how the awsvpc tasks of a container instance reach those of others.
type InstanceNetwork struct {
	// Block is the range of addresses for tasks of the instance, such as 10.87.3.0/24. The servers
	// choose it when the instance registers. It is empty if its agent cannot run awsvpc tasks.
	Block string `json:"block,omitzero"`
	// Key is the WireGuard public key of the instance, in base64; empty: traffic is not encrypted.
	Key string `json:"key,omitzero"`
	// Problem is why the agent cannot run awsvpc tasks, for people; empty if it can.
	Problem string `json:"problem,omitzero"`
}

// NetworkPeer is another instance of the cluster, as an agent needs it to reach the tasks there.
type NetworkPeer struct {
	Instance string `json:"instance"` // ContainerInstance.ID
	Address  string `json:"address"`  // of the machine
	Block    string `json:"block"`    // of its tasks
	Key      string `json:"key,omitzero"`
}

// NetworkFrame tells an agent where the awsvpc tasks of the cluster are. The first one of a stream
// is Full; later ones have only what changed.
type NetworkFrame struct {
	Full  bool          `json:"full,omitzero"`
	Range string        `json:"range"` // the addresses of all tasks of all instances
	Block string        `json:"block"` // the agent's own
	Peers []NetworkPeer `json:"peers,omitzero"`
	Gone  []string      `json:"gone,omitzero"` // instances that are peers no more
}
