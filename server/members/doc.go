// Package members keeps the raft peers in line with the servers that gossip knows: it forms a new
// cluster, adds servers that come, removes those that left or died, and takes this server out.
//
//	members.go       finds the others, keeps on looking
//	peers_config.go  how a server finds and reaches the others
//	bootstrap.go     a new cluster forms, once
//	reconcile.go     on the leader: gossip → raft peers
//	autopilot.go     what autopilot asks about the servers
//	leave.go         out of the cluster for good; hand_over.go: first, of leadership
//	gossip_key.go    the gossip key is replaced, and who missed that catches up
//	peer_client.go   what servers ask each other over HTTP; peer_handlers.go: what they answer
//	raft_peers.go    the raft peers, for people
package members
