package structs

// Peer is a server as raft has it.
type Peer struct {
	ID      string `json:"id"`
	Name    string `json:"name"`    // empty where gossip does not know it
	Address string `json:"address"` // host:port of its raft
	Voter   bool   `json:"voter"`   // false: it is not up to date yet, and its vote does not count
	Leader  bool   `json:"leader"`
	// Answers says whether the server answered when it was asked; the rest is zero where it did
	// not.
	Answers bool `json:"answers"`
	// LastContact is how many milliseconds ago the server heard of the leader; zero at the leader
	// itself, -1 where it never did.
	LastContact int64  `json:"lastContact"`
	LastIndex   uint64 `json:"lastIndex"` // of the newest entry of its log
	LastTerm    uint64 `json:"lastTerm"`
}

// PeerList is what GET /v1/status/raft answers: the raft peers as the server that was asked has
// them, by name.
type PeerList struct {
	Peers []Peer `json:"peers"`
}
