package node

import (
	"context"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/structs"
)

// Apply replicates a command and returns its result once the entry is on the disks of a majority
// and applied here. It fails if this server does not lead.
func (n *Node) Apply(ctx context.Context, cmd structs.Command) (structs.Applied, error) {
	data, err := fsm.Encode(cmd)
	if err != nil {
		return structs.Applied{}, err
	}
	if !n.Begin() {
		return structs.Applied{}, structs.ErrNoLeader()
	}
	var future raft.ApplyFuture
	finished := make(chan error, 1)
	go func() {
		defer n.End()
		future = n.raft.Apply(data, 0)
		finished <- future.Error()
	}()
	select {
	case err = <-finished:
	case <-ctx.Done():
		return structs.Applied{}, structs.Errorf(structs.KindUnavailable,
			"the write was not confirmed in time; it may still be applied")
	}
	if err != nil {
		n.checkTransfer(err)
		n.log.Warn("the log refused a write", "error", err)
		return structs.Applied{}, structs.ErrNoLeader()
	}
	result := future.Response().(fsm.Result)
	return result.Applied, result.Err
}

// Barrier returns once all entries that were in the log before the call are committed and applied
// here. It fails if this server does not lead.
func (n *Node) Barrier() error {
	if !n.Begin() {
		return structs.ErrNoLeader()
	}
	defer n.End()
	err := n.raft.Barrier(0).Error()
	n.checkTransfer(err)
	return err
}
