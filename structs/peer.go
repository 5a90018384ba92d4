package structs

// Peer is a server as raft sees it.
type Peer struct {
	ID      string `json:"id"`
	Name    string `json:"name"`    // empty if gossip does not know it
	Address string `json:"address"` // host:port of its raft
	Voter   bool   `json:"voter"`   // false if it is not up to date yet, so it has no vote
	Leader  bool   `json:"leader"`
	// Answers reports whether the server answered; if not, the rest is zero.
	Answers bool `json:"answers"`
	// LastContact is how many milliseconds ago the server heard from the leader; zero on the leader
	// itself, -1 if it never did.
	LastContact int64  `json:"lastContact"`
	LastIndex   uint64 `json:"lastIndex"` // of the newest entry of its log
	LastTerm    uint64 `json:"lastTerm"`
}

// PeerList is the answer of GET /v1/status/raft: the raft peers by name, as seen by the server
// asked.
type PeerList struct {
	Peers []Peer `json:"peers"`
}
