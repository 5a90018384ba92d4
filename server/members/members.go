package members

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/gantry-project/gantry/gossip"
	"github.com/gantry-project/gantry/server/node"
	"github.com/gantry-project/gantry/structs"
)

// lookInterval is how often a server looks at its peers even if gossip reports no change, to retry
// failed steps.
const lookInterval = time.Second

// seekInterval is how often a server that hears others looks for more of them. Each host that is
// gone for good costs a connection attempt.
const seekInterval = 10 * time.Second

// Node is the raft node whose peers are managed (node.Node).
type Node interface {
	Peers() []node.Peer
	Bootstrap(peers []node.Peer) error
	Leads() bool
	Leader() string
	Stats() node.Stats
	Barrier() error
	Transfer(to node.Peer) error
	StartAutopilot(ctx context.Context, members node.Membership) *node.Autopilot
	// Begin and End surround a call that must end before the node stops.
	Begin() bool
	End()
	Stopping() <-chan struct{}
}

// Config holds what Members needs. All fields are required.
type Config struct {
	// ID names this server among its peers.
	ID string
	// Dir is the server's folder in the data directory.
	Dir string
	// Node is this server's raft node.
	Node Node
	// Peers describes how the others are found and reached.
	Peers *Peers
	// Promise is this server's promise, kept in Dir.
	Promise *Promise
	Logger  *slog.Logger
}

// Members are the servers of a cluster as known to one of them. It is safe for concurrent use.
type Members struct {
	id      string
	node    Node
	gossip  *gossip.Member
	promise *Promise
	client  *peerClient
	join    []string // addresses to try if gossip knows nobody
	// announce asks Run to announce this server to everyone. Its capacity is 1.
	announce  chan struct{}
	log       *slog.Logger
	leavingMu sync.Mutex
	// leaving holds the servers that asked this one, as the leader, to remove them, and when they
	// asked.
	leaving map[string]time.Time
	// leadsSince is written by Lead before it starts autopilot, the only reader.
	leadsSince time.Time

	leftOnce sync.Once
	left     chan struct{} // closed when this server has left the cluster
}

// New starts gossip. Run does everything else.
func New(c Config) (*Members, error) {
	m := &Members{
		id: c.ID, node: c.Node, promise: c.Promise, client: newPeerClient(c.Peers), join: c.Peers.Join, log: c.Logger,
		announce: make(chan struct{}, 1), leaving: map[string]time.Time{}, left: make(chan struct{}),
	}
	config := c.Peers.Gossip
	config.Logger = c.Logger
	config.DataDir = c.Dir
	config.Self = c.Peers.self(c.ID)
	if len(m.node.Peers()) > 0 {
		config.Self.Expect = 0
	}
	var err error
	m.gossip, err = gossip.New(config)
	return m, err
}

// Stop ends gossip. Run must have ended.
func (m *Members) Stop() error { return m.gossip.Stop() }

// Run finds the other servers, and forms a new cluster with them if there is none, until ctx ends.
func (m *Members) Run(ctx context.Context) {
	var seeking sync.WaitGroup
	seeking.Go(func() { m.seek(ctx) })
	defer seeking.Wait()
	tick := time.NewTicker(lookInterval)
	defer tick.Stop()
	var reported string
	for {
		m.find(ctx)
		if err := m.look(ctx); err != nil && err.Error() != reported {
			reported = err.Error() // once, not every second
			m.log.Warn("the servers do not form a cluster yet; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-m.gossip.Changes():
		case <-m.announce:
			_ = m.gossip.Announce(m.gossipAddresses()) // fails if this server is leaving
		case <-tick.C:
		}
	}
}

// find looks for the other servers if gossip does not hear them.
func (m *Members) find(ctx context.Context) {
	if !m.apart() {
		return
	}
	if err := m.gossip.Join(m.join); err != nil {
		m.log.Debug("nobody to join yet; trying again", "error", err)
	}
	if m.apart() && m.catchUp(ctx) {
		_ = m.gossip.Join(m.gossipAddresses()) // otherwise at the next look
	}
}

// seek tries the join addresses at which gossip hears nobody, even if it hears others. A server
// there may have come with an empty disk and may not know any of our addresses.
func (m *Members) seek(ctx context.Context) {
	tick := time.NewTicker(seekInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
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

// apart reports whether gossip hears no other server, or does not hear the one that raft follows.
func (m *Members) apart() bool {
	if leader := m.node.Leader(); leader != "" && leader != m.id && !m.alive(leader) {
		return true
	}
	for _, other := range m.gossip.Servers() {
		if other.ID != m.id && other.Status == structs.MemberAlive {
			return false
		}
	}
	return true
}

// look forms a new cluster if this server is in none. Otherwise it drops the state of forming one.
func (m *Members) look(ctx context.Context) error {
	if len(m.node.Peers()) == 0 {
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

func (m *Members) self() structs.Member {
	self, _ := m.gossip.Server(m.id)
	return self
}

// alive reports whether gossip hears a server.
func (m *Members) alive(id string) bool {
	s, ok := m.gossip.Server(id)
	return ok && s.Status == structs.MemberAlive
}

// All returns the servers and agents that gossip knows.
func (m *Members) All() []structs.Member { return m.gossip.Members() }

// Server returns a server that gossip knows.
func (m *Members) Server(id string) (structs.Member, bool) { return m.gossip.Server(id) }

// Ask asks agents by gossip whether they are alive. It calls answered, from its own goroutines, for
// each that is.
func (m *Members) Ask(agents []string, answered func(agent string)) { m.gossip.Ask(agents, answered) }
