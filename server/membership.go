package server

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	autopilot "github.com/hashicorp/raft-autopilot"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/gossip"
	"github.com/gantry-project/gantry/structs"
)

// membershipBeat is how often a server looks at its peers though gossip has told nothing new: what
// failed is tried again.
const membershipBeat = time.Second

// seekBeat is how often a server that hears others looks for more of them. Hosts that are gone for
// good cost a connection each time.
const seekBeat = 10 * time.Second

// membership keeps the raft peers what gossip says they are: it forms a new cluster, and while this
// server leads it adds servers that come, lets autopilot make them voters once they are up to date,
// and removes those that left or died.
type membership struct {
	id      string
	raft    *raft.Raft
	gossip  *gossip.Member
	promise *promise
	peers   *peerClient
	join    []string // addresses to try while gossip knows nobody
	// announce asks run to say to all that this server is there. Capacity 1.
	announce  chan struct{}
	log       *slog.Logger
	leavingMu sync.Mutex
	// servers that asked this one, as the leader, to let them go, and when
	leaving map[string]time.Time
	// leadsSince is written by lead before autopilot starts, which alone reads it.
	leadsSince time.Time
}

// run keeps on until ctx ends.
func (m *membership) run(ctx context.Context) {
	beat := time.NewTicker(membershipBeat)
	defer beat.Stop()
	var told string
	for {
		m.find(ctx)
		if err := m.look(ctx); err != nil && err.Error() != told {
			told = err.Error() // once, not every second
			m.log.Warn("the servers do not form a whole yet; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-m.gossip.Changes():
		case <-m.announce:
			_ = m.gossip.Announce(m.gossipAddresses()) // fails where this server does leave
		case <-beat.C:
		}
	}
}

// find looks for the others while gossip does not know how they are.
func (m *membership) find(ctx context.Context) {
	if !m.apart() {
		return
	}
	if err := m.gossip.Join(m.join); err != nil {
		m.log.Debug("nobody to join yet; trying again", "error", err)
	}
	if m.apart() && m.catchUp(ctx) {
		_ = m.gossip.Join(m.gossipAddresses()) // else at the next beat
	}
}

// seek tries the addresses to join by at which gossip hears nobody, though it hears others: a
// server there may have come with an empty disk, and have been told of no address at which one of
// us is.
func (m *membership) seek(ctx context.Context) {
	beat := time.NewTicker(seekBeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
		}
		if m.apart() {
			continue // find does it
		}
		heard := map[string]bool{}
		for _, s := range m.gossip.Servers() {
			heard[s.Address] = heard[s.Address] || s.Status == structs.MemberAlive
		}
		for _, address := range m.join {
			at, err := net.ResolveTCPAddr("tcp", address)
			if err != nil || heard[at.String()] {
				continue
			}
			if err := m.gossip.Join([]string{address}); err != nil {
				m.log.Debug("nobody at an address to join by; trying again", "address", address, "error", err)
			}
		}
	}
}

// apart says that no other server is heard by gossip, or not the one that raft follows.
func (m *membership) apart() bool {
	if _, leader := m.raft.LeaderWithID(); leader != "" && string(leader) != m.id && !m.alive(string(leader)) {
		return true
	}
	for _, other := range m.gossip.Servers() {
		if other.ID != m.id && other.Status == structs.MemberAlive {
			return false
		}
	}
	return true
}

func (m *membership) look(ctx context.Context) error {
	if len(m.configuration().Servers) == 0 {
		return m.form(ctx)
	}
	if err := m.promise.forget(); err != nil {
		return err
	}
	if self := m.self(); self.Expect > 0 {
		return m.gossip.Say(func(s *structs.Member) { s.Expect = 0 })
	}
	return nil
}

// lead adds and removes peers while this server leads, until ctx ends.
func (m *membership) lead(ctx context.Context) {
	pilot := autopilot.New(m.raft, m, autopilot.WithLogger(raftLogger(m.log)),
		autopilot.WithUpdateInterval(autopilotUpdate), autopilot.WithReconcileInterval(autopilotReconcile))
	m.leadsSince = time.Now()
	pilot.Start(ctx)
	beat := time.NewTicker(membershipBeat)
	defer beat.Stop()
	for ctx.Err() == nil {
		if err := m.reconcile(ctx, pilot); err != nil {
			m.log.Warn("could not bring the raft peers in line with gossip; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-beat.C:
		}
	}
	<-pilot.Stop()
}

// reconcile adds the servers that are there and no peers, and removes peers that have left.
//
// A server that died and came back may be heard to leave: the goodbye is the one that was said in
// its name when it was dead, and which came late. Nobody but itself can take that back.
func (m *membership) reconcile(ctx context.Context, pilot *autopilot.Autopilot) error {
	peers := map[string]raft.Server{}
	for _, p := range m.configuration().Servers {
		peers[string(p.ID)] = p
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
		case s.Status == structs.MemberAlive && !leaves && (!is || string(peer.Address) != s.Raft):
			if at[s.Raft] > 1 {
				// a server with an empty disk came in another's place, whose death gossip has not
				// noticed yet
				continue
			}
			if err := pilot.AddServer(m.known(&s)); err != nil {
				return fmt.Errorf("add server %s: %w", s.Name, err)
			}
			m.log.Info("added a server", "server", s.ID, "name", s.Name, "address", s.Raft)
		case leaves && is:
			if peer.Suffrage == raft.Voter && !quorumWithout(s.ID, peers, m.answers(ctx)) {
				m.log.Debug("a server that left stays a peer for now: of those that would be left, too few answer", "server", s.ID, "name", s.Name)
				continue
			}
			if err := pilot.RemoveServer(raft.ServerID(s.ID)); err != nil {
				return fmt.Errorf("remove server %s, which left: %w", s.Name, err)
			}
			m.log.Info("removed a server that left", "server", s.ID, "name", s.Name)
		case s.Status == structs.MemberLeaving:
			if err := m.peers.announce(ctx, s.HTTP); err != nil {
				m.log.Debug("could not ask a server that leaves whether it does; trying again", "server", s.ID, "name", s.Name, "error", err)
			}
		}
	}
	return nil
}

// quorumWithout says whether most of the voters that are left without one are there. It may count
// as having left though it was only taken for dead, when it is needed as soon as it can be reached
// again.
func quorumWithout(gone string, peers map[string]raft.Server, answers func(id string) bool) bool {
	voters, there := 0, 0
	for id, p := range peers {
		if id == gone || p.Suffrage != raft.Voter {
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
func (m *membership) answers(ctx context.Context) func(id string) bool {
	return func(id string) bool {
		_, err := m.stats(ctx, id)
		return err == nil
	}
}

// bootstrap makes this server the first of a cluster; raft brings the others in.
func (m *membership) bootstrap(servers []structs.Member) error {
	var c raft.Configuration
	for _, s := range servers {
		c.Servers = append(c.Servers, raft.Server{ID: raft.ServerID(s.ID), Address: raft.ServerAddress(s.Raft)})
	}
	if err := m.raft.BootstrapCluster(c).Error(); err != nil {
		return fmt.Errorf("bootstrap raft: %w", err)
	}
	return nil
}

func (m *membership) configuration() raft.Configuration { return configuration(m.raft) }

func configuration(node *raft.Raft) raft.Configuration {
	future := node.GetConfiguration()
	if future.Error() != nil {
		return raft.Configuration{} // raft is shutting down
	}
	return future.Configuration()
}

func (m *membership) self() structs.Member {
	self, _ := m.gossip.Server(m.id)
	return self
}

// alive says whether a server is there.
func (m *membership) alive(id string) bool {
	s, ok := m.gossip.Server(id)
	return ok && s.Status == structs.MemberAlive
}
