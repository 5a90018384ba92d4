package members

import (
	"context"
	"fmt"
	"time"

	"github.com/gantry-project/gantry/server/node"
	"github.com/gantry-project/gantry/structs"
)

// Lead adds and removes peers while this server leads, until ctx ends.
func (m *Members) Lead(ctx context.Context) error {
	m.leadsSince = time.Now()
	pilot := m.node.StartAutopilot(ctx, m)
	tick := time.NewTicker(lookInterval)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := m.reconcile(ctx, pilot); err != nil {
			m.log.Warn("could not bring the raft peers in line with gossip; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	pilot.Wait()
	return nil
}

// reconcile adds the servers that are there and no peers, and removes peers that have left.
//
// A server that died and came back may be heard to leave: the goodbye is the one that was said in
// its name when it was dead, and which came late. Nobody but itself can take that back.
func (m *Members) reconcile(ctx context.Context, pilot *node.Autopilot) error {
	peers := map[string]node.Peer{}
	for _, p := range m.node.Peers() {
		peers[p.ID] = p
	}
	servers := m.gossip.Servers()
	at := map[string]int{} // how many are there, by raft address
	for _, s := range servers {
		if s.Status == structs.MemberAlive {
			at[s.Raft]++
		}
	}
	for _, s := range servers {
		peer, is := peers[s.ID]
		leaves := m.leaves(&s)
		switch {
		case s.Status == structs.MemberAlive && !leaves && (!is || peer.Address != s.Raft):
			if at[s.Raft] > 1 {
				// a server with an empty disk came in another's place, whose death gossip has not
				// noticed yet
				continue
			}
			if err := pilot.Add(&s); err != nil {
				return fmt.Errorf("add server %s: %w", s.Name, err)
			}
			m.log.Info("added a server", "server", s.ID, "name", s.Name, "address", s.Raft)
		case leaves && is:
			if peer.Voter && !quorumWithout(s.ID, peers, m.answers(ctx)) {
				m.log.Debug("a server that left stays a peer for now: of those that would be left, too few answer", "server", s.ID, "name", s.Name)
				continue
			}
			if err := pilot.Remove(s.ID); err != nil {
				return fmt.Errorf("remove server %s, which left: %w", s.Name, err)
			}
			m.log.Info("removed a server that left", "server", s.ID, "name", s.Name)
		case s.Status == structs.MemberLeaving:
			if err := m.client.announce(ctx, s.HTTP); err != nil {
				m.log.Debug("could not ask a server that leaves whether it does; trying again", "server", s.ID, "name", s.Name, "error", err)
			}
		}
	}
	return nil
}

// quorumWithout says whether most of the voters that are left without one are there. It may count
// as having left though it was only taken for dead, when it is needed as soon as it can be reached
// again.
func quorumWithout(gone string, peers map[string]node.Peer, answers func(id string) bool) bool {
	voters, there := 0, 0
	for id, p := range peers {
		if id == gone || !p.Voter {
			continue
		}
		if voters++; answers(id) {
			there++
		}
	}
	return there > voters/2
}

// answers reports whether a server is there, which it asks the server itself: gossip takes seconds
// to notice a death.
func (m *Members) answers(ctx context.Context) func(id string) bool {
	return func(id string) bool {
		_, err := m.stats(ctx, id)
		return err == nil
	}
}
