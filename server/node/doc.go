// Package node is one server of a raft cluster: the consensus, and what it keeps on disk. It knows
// nothing of gossip, agents or HTTP.
//
//	node.go            opens the disk, starts and stops raft
//	apply.go           replicates commands
//	read_index.go      confirms that this server still leads
//	leader_contact.go  who leads, whether the leader is heard, a context that ends with the leader
//	transfer.go        hands leadership over
//	peers.go           the raft peers
//	autopilot.go       makes voters of peers that are well, removes those that died
//	vote_guard.go      which servers this one gives its vote to
//	raft_stream.go     the connections to the other servers
//	raft_logger.go     raft's log lines become ours
//
// The data directory:
//
//	data_dir.go        one process at a time, and the server's id
//	disk.go            opens the log and the snapshots, reads them through before use
//	disk_writes.go     writes to a disk that may refuse them or hang
//	disk_full.go       free space, and what an interrupted snapshot left
//	damage.go          what is found damaged while the server runs
//	log_sums.go        checksums of the log, the term and the vote
//	bolt_pages.go      the file of the log, checked before bolt opens it
//	snapshot_sums.go   checksums of raft's snapshots
//	snapshot_file.go   the whole state in a file, for people to keep
//	restore.go         such a file takes the place of the state
//	recover.go         the one server that is left becomes a cluster, offline
package node
