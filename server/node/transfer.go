package node

import (
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/raft"
)

// DialTimeout limits how long connecting to another server may take.
const DialTimeout = time.Second

// transferWait is longer than a transfer of leadership can take: an election timeout and one call
// to a peer.
const transferWait = electionTimeout + DialTimeout + raftTimeout + 2*time.Second

// errTransferStuck is why a server ends if its transfer of leadership never does.
var errTransferStuck = errors.New("a transfer of leadership was interrupted in a way that raft does not recover from")

// Transfer makes a peer the leader in place of this server.
func (n *Node) Transfer(to Peer) error {
	began := time.Now()
	before := n.transferBegan.Swap(&began)
	err := n.raft.LeadershipTransferToServer(raft.ServerID(to.ID), raft.ServerAddress(to.Address)).Error()
	if errors.Is(err, raft.ErrLeadershipTransferInProgress) { // an earlier one is still in progress
		n.transferBegan.CompareAndSwap(&began, before)
		n.checkTransfer(err)
	}
	return err
}

// checkTransfer examines raft's answer, and ends the server if a transfer of leadership is in
// progress that should have ended long ago.
//
// In raft 1.7.3, a transfer that is interrupted twice, the second time by the loss of leadership,
// may wait forever for a goroutine that has ended (github.com/hashicorp/raft/issues/696). Nothing
// can undo that. As long as this process leads it refuses every write, even after it is elected
// again. A new process on the same data directory does not, and loses nothing.
func (n *Node) checkTransfer(answer error) {
	if !errors.Is(answer, raft.ErrLeadershipTransferInProgress) {
		return
	}
	if began := n.transferBegan.Load(); began != nil && time.Since(*began) > transferWait {
		n.fail(fmt.Errorf("%w: this server refuses all writes while it leads; start it again, nothing is lost",
			errTransferStuck))
	}
}
