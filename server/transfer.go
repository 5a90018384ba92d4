package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/structs"
)

// transferWait is longer than a transfer of leadership can take, which is an election timeout and
// one call to a peer.
const transferWait = electionTimeout + peerDial + raftTimeout + 2*time.Second

// errTransferStuck is why a server ends whose transfer of leadership never does.
var errTransferStuck = errors.New("a transfer of leadership was interrupted in a way that raft does not recover from")

// handOver makes another server the leader where this one is.
func (s *Server) handOver(ctx context.Context) error {
	for s.raft.State() == raft.Leader {
		if to, ok := s.membership.successor(ctx); ok {
			if err := s.transfer(to); err != nil {
				s.log.Warn("could not hand over leadership; trying again", "to", to.ID, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return structs.Errorf(structs.KindUnavailable, "no other server has taken over leadership; nothing was done")
		case <-time.After(leaveLook):
		}
	}
	return nil
}

// successor returns a server that has the whole log and so can lead at once. With one that lags, a
// transfer waits for it, and that may be in vain (checkTransfer).
func (m *membership) successor(ctx context.Context) (raft.Server, bool) {
	last := m.raft.LastIndex()
	for _, p := range m.configuration().Servers {
		if string(p.ID) == m.id || p.Suffrage != raft.Voter {
			continue
		}
		if stats, err := m.stats(ctx, string(p.ID)); err == nil && stats.LastIndex >= last {
			return p, true
		}
	}
	return raft.Server{}, false
}

// transfer lets raft make another server the leader.
func (s *Server) transfer(to raft.Server) error {
	began := time.Now()
	before := s.transferBegan.Swap(&began)
	err := s.raft.LeadershipTransferToServer(to.ID, to.Address).Error()
	if errors.Is(err, raft.ErrLeadershipTransferInProgress) { // it is that of before
		s.transferBegan.CompareAndSwap(&began, before)
		s.checkTransfer(err)
	}
	return err
}

// checkTransfer looks at how raft answered, and ends the server if a transfer of leadership goes on
// that should have ended long ago.
//
// In raft 1.7.3 one that is interrupted twice, the second time with the loss of leadership, may
// wait for ever for a goroutine that has ended (github.com/hashicorp/raft/issues/696). Nothing can
// take that back, and as long as this server leads it refuses every write, also when it is elected
// again. Another process on the same data directory does not, and loses nothing.
func (s *Server) checkTransfer(answer error) {
	if !errors.Is(answer, raft.ErrLeadershipTransferInProgress) {
		return
	}
	if began := s.transferBegan.Load(); began != nil && time.Since(*began) > transferWait {
		s.fail(fmt.Errorf("%w: this server refuses all writes while it leads; start it again, nothing is lost", errTransferStuck))
	}
}
