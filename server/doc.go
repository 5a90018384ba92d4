// Package server is a server process: it wires the core together, follows leadership and takes
// calls.
//
//	server.go   starts and stops everything
//	log.go      control's way to the log: writes, and reads that are up to date
//	leader.go   what the leader runs, as a table of parts
//	forward.go  any server takes any call: follower → leader
//	peers.go    what servers ask each other; cluster.go: the cluster as this server has it
//	snapshots.go  the whole state to a file and back; offline.go: without a running server
//	clock.go    the time that goes into the log
//
// What the leader runs:
//
//	broker_feed.go           evaluations → server/broker
//	worker.go                evaluation → plan, which server/planner commits
//	external_schedulers.go   evaluations that wait for external schedulers; external_lease.go and
//	                         external_plan.go: what those may do
//	agent_leases.go          the beats of agents → which instances are lost or back
//	server/collector         forgets what ended long ago
//	server/members           gossip → raft peers
//
// On every server:
//
//	beats.go           the beats of the agents whose streams it holds
//	beat_report.go     tells the leader about them
//	leader_contact.go  whether its agents are better off with another server
//
// Below it, server/node is raft and the disk. It knows nothing of the rest.
package server
