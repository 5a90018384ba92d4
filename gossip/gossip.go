// Package gossip reports which servers and agents there are and whether they answer. It is the only
// user of serf and memberlist.
//
// Servers know everyone. An agent knows the servers and a few other agents, so that the cost of
// gossip to an agent does not grow with the cluster.
//
// It is level-triggered: Changes tells that something changed, Members returns the present state.
// Nothing is lost when changes come faster than they are read.
//
//	gossip.go         a member: starts, joins, says things, leaves
//	config.go         its configuration, and the pace of failure detection
//	list.go           the members that it knows
//	acquaintances.go  the few agents that an agent knows
//	serf_snapshot.go  the file of the members last seen
//	keyring.go        the gossip keys; rotate.go: all members get another one
package gossip

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hashicorp/memberlist"
	"github.com/hashicorp/serf/serf"

	"github.com/gantry-project/gantry/structs"
)

// Member is this process among the others. Safe for concurrent use.
type Member struct {
	serf    *serf.Serf
	changes chan struct{} // capacity 1
	events  chan serf.Event
	done    sync.WaitGroup

	keys     *memberlist.Keyring // nil: in the clear
	keysFile string              // empty: they are not kept
	first    []byte              // a server's key before any rotation; nil for an agent
	rotating sync.Mutex

	acquainted *acquaintances // used by agents

	mu   sync.Mutex
	self structs.Member

	listed sync.Mutex // never held during a call of serf, which Say waits for
	// servers are by id, with those that failed or left, until they are forgotten.
	servers map[string]structs.Member
}

// New starts a member, which is alone until Join.
func New(c Config) (*Member, error) {
	m := &Member{
		changes: make(chan struct{}, 1), events: make(chan serf.Event, 256),
		self: c.Self, servers: map[string]structs.Member{}, acquainted: newAcquaintances(),
	}
	config, err := c.serf(m)
	if err != nil {
		return nil, err
	}
	m.keys, m.keysFile = config.MemberlistConfig.Keyring, config.KeyringFile
	if c.Self.Role == structs.RoleServer {
		m.first = c.Key
	}
	if m.serf, err = serf.Create(config); err != nil {
		return nil, fmt.Errorf("start gossip on %s: %w", net.JoinHostPort(c.Bind, strconv.Itoa(c.Port)), err)
	}
	self := m.serf.LocalMember()
	m.note(serf.MemberEvent{Type: serf.EventMemberJoin, Members: []serf.Member{self}})
	m.done.Go(m.watch)
	if c.Self.Role == structs.RoleServer {
		m.done.Go(m.sync)
	}
	return m, nil
}

// Changes tells that members came, went or changed.
func (m *Member) Changes() <-chan struct{} { return m.changes }

// Join tries to reach others by host or host:port. A server tries all of them. An agent tries one
// after the other until one answers, since each sends the whole list of members. Join fails when
// none of them answers.
func (m *Member) Join(addresses []string) error {
	if len(addresses) == 0 {
		return nil
	}
	groups := [][]string{addresses}
	if m.self.Role == structs.RoleAgent {
		groups = slices.Collect(slices.Chunk(addresses, 1))
		rand.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	}
	var failed error
	for _, group := range groups {
		// serf's own Join would make everyone tell everyone about each member that joins. Only
		// members that left earlier need that, and those announce themselves when they hear of it.
		n, err := m.serf.Memberlist().Join(group)
		if n > 0 || err == nil {
			return nil
		}
		failed = err
	}
	return fmt.Errorf("join by gossip: none of %s answers: %w", strings.Join(addresses, ", "), failed)
}

// Announce makes everyone tell everyone that this member is there, starting at the addresses.
// Nothing less is believed of a member that is taken for leaving. It fails where the member really
// leaves, and where none of the addresses answers.
func (m *Member) Announce(addresses []string) error {
	if _, err := m.serf.Join(addresses, true); err != nil {
		return fmt.Errorf("announce by gossip at %s: %w", strings.Join(addresses, ", "), err)
	}
	return nil
}

// Ask sends a packet to members. It calls answered, from goroutines of its own, for each member
// that answers within the time of a probe. It does not wait for them.
func (m *Member) Ask(ids []string, answered func(id string)) {
	asked := map[string]bool{}
	for _, id := range ids {
		asked[id] = true
	}
	list := m.serf.Memberlist()
	for _, node := range list.Members() {
		if asked[node.Name] {
			go func() {
				if _, err := list.Ping(node.Name, &net.UDPAddr{IP: node.Addr, Port: int(node.Port)}); err == nil {
					answered(node.Name)
				}
			}()
		}
	}
}

// Address returns where this member's gossip can be reached.
func (m *Member) Address() string {
	node := m.serf.Memberlist().LocalNode()
	return net.JoinHostPort(node.Addr.String(), strconv.Itoa(int(node.Port)))
}

// Say changes what the member says about itself. A member that has left says nothing more: the
// library forgets it after a while, and would panic.
func (m *Member) Say(change func(*structs.Member)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.serf.State() != serf.SerfAlive {
		return errors.New("this member of gossip has left")
	}
	change(&m.self)
	return m.serf.SetTags(tags(&m.self))
}

// Forget makes a member that failed count as left.
func (m *Member) Forget(id string) error { return m.serf.RemoveFailedNode(id) }

// Leave says goodbye, so that the others do not take the member's end for a failure.
func (m *Member) Leave() error { return m.serf.Leave() }

// Stop ends the member.
func (m *Member) Stop() error {
	err := m.serf.Shutdown()
	m.done.Wait()
	return err
}
