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

// reconcile adds servers that are alive but not peers, and removes peers that have left.
//
// A server that died and came back may seem to leave: the goodbye was sent on its behalf when it
// was dead, and arrived late. Only the server itself can retract it.
func (m *Members) reconcile(ctx context.Context, pilot *node.Autopilot) error {
	peers := map[string]node.Peer{}
	for _, p := range m.node.Peers() {
		peers[p.ID] = p
	}
	servers := m.gossip.Servers()
	at := map[string]int{} // the number of live servers, by raft address
	for _, s := range servers {
		if s.Status == structs.MemberAlive {
			at[s.Raft]++
		}
	}
	for _, s := range servers {
		peer, is := peers[s.ID]
		leaves := m.leaves(&s)
		var err error
		switch {
		case s.Status == structs.MemberAlive && !leaves && (!is || peer.Address != s.Raft):
			if at[s.Raft] > 1 {
				// A server with an empty disk replaced another one whose death gossip has not
				// noticed yet.
				continue
			}
			err = m.add(&s, pilot)
		case leaves && is:
			err = m.remove(ctx, &s, peers, pilot)
		case s.Status == structs.MemberLeaving:
			if err := m.client.announce(ctx, s.HTTP); err != nil {
				m.log.Debug("could not ask a server that leaves whether it does; trying again",
					"server", s.ID, "name", s.Name, "error", err)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *Members) add(s *structs.Member, pilot *node.Autopilot) error {
	if err := pilot.Add(s); err != nil {
		return fmt.Errorf("add server %s: %w", s.Name, err)
	}
	m.log.Info("added a server", "server", s.ID, "name", s.Name, "address", s.Raft)
	return nil
}

// remove removes a peer that left, once the others can continue without it.
func (m *Members) remove(
	ctx context.Context, s *structs.Member, peers map[string]node.Peer, pilot *node.Autopilot,
) error {
	if peers[s.ID].Voter && !quorumWithout(s.ID, peers, m.answers(ctx)) {
		m.log.Debug("a server that left stays a peer for now: too few of the others answer", "server", s.ID, "name", s.Name)
		return nil
	}
	if err := pilot.Remove(s.ID); err != nil {
		return fmt.Errorf("remove server %s, which left: %w", s.Name, err)
	}
	m.log.Info("removed a server that left", "server", s.ID, "name", s.Name)
	return nil
}

// quorumWithout reports whether a majority of the other voters is alive. The peer may count as
// having left although it was only presumed dead. Then it is needed as soon as it can be reached
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

// answers returns a function that reports whether a server is alive. It asks the server itself:
// gossip takes seconds to notice a death.
func (m *Members) answers(ctx context.Context) func(id string) bool {
	return func(id string) bool {
		_, err := m.stats(ctx, id)
		return err == nil
	}
}
