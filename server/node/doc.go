// Package node is one server of a raft cluster: consensus and its data on disk. It knows nothing
// about gossip, agents or HTTP.
//
//	node.go            opens the disk, starts and stops raft
//	apply.go           replicates commands
//	read_index.go      confirms that this server still leads
//	leader_contact.go  who leads, whether the leader is heard, a context that ends with the leader
//	transfer.go        hands leadership over
//	peers.go           the raft peers
//	autopilot.go       makes healthy peers voters, removes dead ones
//	vote_guard.go      decides which votes this server may grant
//	raft_stream.go     the connections to the other servers
//	raft_logger.go     turns raft's log lines into ours
//
// The data directory:
//
//	data_dir.go        the lock for one process at a time, and the server's id
//	disk.go            opens the log and the snapshots, and reads them completely before use
//	disk_writes.go     writes to a disk that may refuse them or hang
//	disk_full.go       free space, and the remains of interrupted snapshots
//	damage.go          damage that is found while the server runs
//	log_sums.go        checksums of the log, the term and the vote
//	bolt_pages.go      the file of the log, checked before bolt opens it
//	snapshot_sums.go   checksums of raft's snapshots
//	snapshot_file.go   the whole state in a file, for people to keep
//	restore.go         replaces the state with such a file
//	recover.go         turns the only server left into a cluster, offline
package node
