package structs

// The roles of a gossip member.
const (
	RoleServer = "server"
	RoleAgent  = "agent"
)

// The states of a gossip member.
const (
	MemberAlive   = "alive"
	MemberLeaving = "leaving" // announced that it is leaving; not all its neighbours know yet
	MemberLeft    = "left"
	MemberFailed  = "failed" // does not answer; others try to reach it again for a day
)

// Member is a process as gossip sees it.
type Member struct {
	ID      string `json:"id"` // a server's id, or the container instance's; 32 hex digits
	Name    string `json:"name"`
	Role    string `json:"role"`
	Status  string `json:"status"`
	Zone    string `json:"zone,omitzero"`
	Region  string `json:"region,omitzero"`
	Version string `json:"version,omitzero"`
	Address string `json:"address"` // host:port of its gossip

	// HTTP and Raft are the addresses (host:port) at which others reach a server. For servers only.
	HTTP string `json:"http,omitzero"`
	Raft string `json:"raft,omitzero"`
	// Expect is the server's --bootstrap-expect while it has no raft state of its own, zero once it
	// has.
	Expect int `json:"bootstrapExpect,omitzero"`

	// Cluster is the cluster of an agent's container instance.
	Cluster string `json:"cluster,omitzero"`
}

// MemberList is the answer of GET /v1/members: servers first, then agents, each by name.
type MemberList struct {
	Members []Member `json:"members"`
}

// GossipRotation is the answer of POST /v1/gossip/rotate.
type GossipRotation struct {
	// Members is how many members have the new key.
	Members int `json:"members"`
	// Down are the names of failed members, which get the key when they come back.
	Down []string `json:"down,omitzero"`
}
