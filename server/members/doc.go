// Package members keeps the raft peers in line with the servers that gossip knows: it forms a new
// cluster, adds servers that come, removes those that left or died, and takes this server out.
//
//	members.go       finds the other servers, and keeps looking
//	peers_config.go  how a server finds and reaches the others
//	bootstrap.go     forms a new cluster, once
//	reconcile.go     on the leader: gossip → raft peers
//	autopilot.go     answers autopilot's questions about the servers
//	leave.go         leaves the cluster for good; hand_over.go: hands leadership over first
//	gossip_key.go    replaces the gossip key; servers that missed that catch up
//	peer_client.go   the HTTP calls between servers; peer_handlers.go: their answers
//	raft_peers.go    the raft peers, for people
package members
