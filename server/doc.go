// Package server is a server process: it wires the core together, follows leadership and takes
// calls.
//
//	server.go   starts and stops everything
//	log.go      control's way to the log: writes, and reads that are up to date
//	leader.go   what the leader runs, as a table of parts
//	forward.go  lets any server take any call: follower → leader
//	peers.go    the calls between servers; cluster.go: the cluster as known to this server
//	snapshots.go  saves and restores the whole state; offline.go: without a running server
//	clock.go    the time that goes into the log
//
// What the leader runs:
//
//	broker_feed.go           evaluations → server/broker
//	worker.go                evaluation → plan, which server/planner commits
//	external_schedulers.go   evaluations that wait for external schedulers; external_lease.go and
//	                         external_plan.go: what these may do with them
//	agent_leases.go          the beats of agents → which instances are lost or back
//	server/collector         removes rows that ended long ago
//	server/members           gossip → raft peers
//
// On every server:
//
//	beats.go           the beats of the agents whose streams it holds
//	beat_report.go     reports them to the leader
//	leader_contact.go  decides whether its agents are better off with another server
//
// Below it, server/node is raft and the disk. It knows nothing about the rest.
package server
