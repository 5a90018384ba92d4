// Package gossip tells which servers and agents there are and whether they answer. It is the only
// user of serf and memberlist.
//
// Servers know everyone. An agent knows the servers and a few other agents, so that what gossip
// costs it does not grow with the cluster.
//
// It is level-triggered: Changes says that something changed, Members says how things are. Nothing
// is lost when changes come faster than they are looked at.
package gossip

import (
	"cmp"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
	"github.com/hashicorp/serf/serf"

	"github.com/gantry-project/gantry/structs"
)

// The pace of failure detection: some 4 s from a silent member to everyone's knowing, the fastest
// that was seen free of false alarms on loaded machines.
const (
	probeInterval  = 500 * time.Millisecond
	probeTimeout   = 250 * time.Millisecond
	gossipInterval = 100 * time.Millisecond
	suspicionMult  = 3
	// Agents, of which there are many, take it easier: what they say of each other need not be
	// fast, since their leases tell of losses first.
	agentProbeInterval  = 5 * time.Second
	agentProbeTimeout   = 2 * time.Second
	agentGossipInterval = time.Second
	// agentSync is how often an agent exchanges all that it knows with another member (the library
	// stretches it where more than 32 are known); between that it hears changes. It is much where a
	// server is the other one.
	agentSync = time.Hour
	// serverSync is how often a server exchanges all that it knows with another server, also with
	// one that failed. What is new of an agent may not come by way of others: agents pass on
	// nothing of those they do not know.
	serverSync = 5 * time.Second
	// serverLook is how often a server looks at all members, for changes that are no events.
	serverLook = 5 * time.Second
	// streamTimeout bounds an exchange over tcp, and so how long a Join waits for a host that is
	// not there.
	streamTimeout = 2 * time.Second
	// reclaimAfter is how long a member must have been dead for it to come back at another address.
	reclaimAfter = time.Second
	// reconnectFor is how long a failed member is tried again before it is forgotten.
	reconnectFor = 24 * time.Hour
)

// Config is what a member needs.
type Config struct {
	// Self is what the member says of itself. ID, Name and Role are required; Status and Address
	// are found.
	Self structs.Member
	// Bind is the IP address to listen on. Advertise is the one that others are told; empty: Bind.
	Bind, Advertise string
	// Port is both udp and tcp; 0 picks a free one.
	Port int
	// Key encrypts all gossip (32 bytes), until another is rotated in; nil sends it in the clear. A
	// server's is that of the cluster's secret, an agent's the one in use, which a server gave it.
	Key []byte
	// DataDir keeps the members last seen, so that a restart finds them without Join, and the keys
	// of a server. Empty: nothing is kept.
	DataDir string
	// Transport replaces the network, for tests.
	Transport Transport
	Logger    *slog.Logger
}

// Transport and Packet are for tests that simulate a network.
type (
	Transport = memberlist.Transport
	Packet    = memberlist.Packet
)

// Member is this process among the others. Safe for concurrent use.
type Member struct {
	serf    *serf.Serf
	changes chan struct{} // capacity 1
	events  chan serf.Event
	done    sync.WaitGroup

	keys     *memberlist.Keyring // nil: in the clear
	keysFile string              // empty: they are not kept
	first    []byte              // a server's key before any rotation; nil: an agent's
	rotating sync.Mutex

	acquainted *acquaintances // of an agent

	mu   sync.Mutex
	self structs.Member

	listed sync.Mutex // never held while serf is called, which Say waits for
	// by id; those that failed or left too, until they are forgotten
	servers map[string]structs.Member
}

// New starts to listen. The member is alone until Join.
func New(c Config) (*Member, error) {
	m := &Member{changes: make(chan struct{}, 1), events: make(chan serf.Event, 256), self: c.Self, servers: map[string]structs.Member{}, acquainted: newAcquaintances()}
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

func (c *Config) serf(m *Member) (*serf.Config, error) {
	list := memberlist.DefaultLANConfig()
	list.BindAddr, list.BindPort = c.Bind, c.Port
	if c.Advertise != "" {
		if c.Port == 0 {
			return nil, errors.New("an advertised gossip address needs a fixed gossip port")
		}
		list.AdvertiseAddr, list.AdvertisePort = c.Advertise, c.Port
	}
	list.ProbeInterval, list.ProbeTimeout = probeInterval, probeTimeout
	list.GossipInterval, list.SuspicionMult = gossipInterval, suspicionMult
	list.DeadNodeReclaimTime, list.TCPTimeout = reclaimAfter, streamTimeout
	list.Transport = c.Transport
	list.EnableCompression = false // of packets that are small, it costs much and saves little
	if c.Self.Role == structs.RoleAgent {
		list.ProbeInterval, list.ProbeTimeout = agentProbeInterval, agentProbeTimeout
		list.GossipInterval = agentGossipInterval
		list.PushPullInterval = agentSync
		list.Alive, list.Merge = m.acquainted, m.acquainted
		// Where a machine has no time to answer a packet, a connection as well would not help it.
		list.DisableTcpPings = true
	} else {
		list.PushPullInterval = 0 // see sync
	}
	config := serf.DefaultConfig()
	config.NodeName = c.Self.ID
	config.Tags = tags(&c.Self)
	config.MemberlistConfig = list
	config.EventCh = m.events
	config.ReconnectTimeout = reconnectFor
	config.DisableCoordinates = true
	config.EnableNameConflictResolution = false
	config.RejoinAfterLeave = true
	members := &kept{log: c.Logger}
	logger := log.New(members, "", 0)
	config.Logger, list.Logger = logger, logger
	if c.DataDir != "" {
		members.path = filepath.Join(c.DataDir, "gossip.members")
		if members.open() {
			config.SnapshotPath = members.path
		}
	}
	var err error
	switch {
	case c.Key == nil:
	case c.DataDir != "" && c.Self.Role == structs.RoleServer:
		config.KeyringFile = filepath.Join(c.DataDir, "gossip.keys")
		list.Keyring, err = openKeyring(config.KeyringFile, c.Key)
	default:
		list.Keyring, err = memberlist.NewKeyring(nil, c.Key)
	}
	return config, err
}

// watch turns serf's events into nudges, and keeps the list of servers. There is no event when what
// was taken for a goodbye is taken back, so a server looks at everyone now and then.
func (m *Member) watch() {
	var look <-chan time.Time
	if m.self.Role == structs.RoleServer {
		tick := time.NewTicker(serverLook)
		defer tick.Stop()
		look = tick.C
	}
	for {
		select {
		case <-look:
			m.note(serf.MemberEvent{Type: serf.EventMemberUpdate, Members: m.serf.Members()})
		case event := <-m.events:
			if of, ok := event.(serf.MemberEvent); ok {
				m.note(of)
			}
			select {
			case m.changes <- struct{}{}:
			default: // somebody is told already
			}
		case <-m.serf.ShutdownCh():
			return
		}
	}
}

// sync exchanges all that a server knows with the other servers, one at a time.
func (m *Member) sync() {
	tick := time.NewTicker(serverSync)
	defer tick.Stop()
	for {
		select {
		case <-m.serf.ShutdownCh():
			return
		case <-tick.C:
		}
		others := slices.DeleteFunc(m.Servers(), func(s structs.Member) bool {
			return s.ID == m.self.ID || s.Status != structs.MemberAlive && s.Status != structs.MemberFailed
		})
		if len(others) == 0 {
			continue
		}
		other := others[rand.IntN(len(others))]
		// One that does not answer is tried again; the library has logged it.
		_, _ = m.serf.Memberlist().Join([]string{other.ID + "/" + other.Address})
	}
}

// note keeps the list of servers, which are few among many members and asked for often.
func (m *Member) note(event serf.MemberEvent) {
	m.acquainted.note(event)
	m.listed.Lock()
	defer m.listed.Unlock()
	for _, of := range event.Members {
		switch {
		case of.Tags[tagRole] != structs.RoleServer:
		case event.Type == serf.EventMemberReap:
			delete(m.servers, of.Name)
		default:
			m.servers[of.Name] = member(&of)
		}
	}
}

// Changes says that members came, went or changed.
func (m *Member) Changes() <-chan struct{} { return m.changes }

// Join tries to reach others by host or host:port: a server all of them, an agent one after the
// other until one answers, since each sends the whole list of members. It fails when none of them
// answers.
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
		// serf's own Join would have everyone tell everyone of each that joins; what it says is
		// needed by members that left before alone, and those say it when they hear of that.
		n, err := m.serf.Memberlist().Join(group)
		if n > 0 || err == nil {
			return nil
		}
		failed = err
	}
	return fmt.Errorf("join by gossip: none of %s answers: %w", strings.Join(addresses, ", "), failed)
}

// Announce has everyone tell everyone that this member is there, by way of the addresses: of one
// that is taken for leaving, nothing less is believed. It fails where the member does leave, and
// where none of them answers.
func (m *Member) Announce(addresses []string) error {
	if _, err := m.serf.Join(addresses, true); err != nil {
		return fmt.Errorf("announce by gossip, by way of %s: %w", strings.Join(addresses, ", "), err)
	}
	return nil
}

// Members gives all that are known, those that failed or left too, servers first and each by name.
// On a server that is everyone.
func (m *Member) Members() []structs.Member {
	var list []structs.Member
	for _, s := range m.serf.Members() {
		list = append(list, member(&s))
	}
	return sorted(list)
}

func sorted(list []structs.Member) []structs.Member {
	slices.SortFunc(list, func(a, b structs.Member) int {
		return cmp.Or(-cmp.Compare(a.Role, b.Role), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// Servers gives the servers among the members, without a look at all of these.
func (m *Member) Servers() []structs.Member {
	m.listed.Lock()
	defer m.listed.Unlock()
	return sorted(slices.Collect(maps.Values(m.servers)))
}

// Server gives a server by its id.
func (m *Member) Server(id string) (structs.Member, bool) {
	m.listed.Lock()
	defer m.listed.Unlock()
	s, ok := m.servers[id]
	return s, ok
}

// Ask sends a packet to members and tells of each that answers it within the time of a probe, from
// goroutines of its own. It does not wait for them.
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

// Address is where this member's gossip can be reached.
func (m *Member) Address() string {
	node := m.serf.Memberlist().LocalNode()
	return net.JoinHostPort(node.Addr.String(), strconv.Itoa(int(node.Port)))
}

// Say changes what the member says of itself. One that has left says nothing more: the library
// forgets it after a while, and would panic.
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

// Leave says goodbye, so that the others do not take the end for a failure.
func (m *Member) Leave() error { return m.serf.Leave() }

// Stop ends the member.
func (m *Member) Stop() error {
	err := m.serf.Shutdown()
	m.done.Wait()
	return err
}

// The tags of a member. They travel with every change, so their names are short.
const (
	tagName, tagRole, tagZone, tagRegion, tagVersion = "name", "role", "zone", "region", "v"
	tagHTTP, tagRaft, tagExpect, tagCluster          = "http", "raft", "expect", "cluster"
)

func tags(m *structs.Member) map[string]string {
	all := map[string]string{
		tagName: m.Name, tagRole: m.Role, tagZone: m.Zone, tagRegion: m.Region, tagVersion: m.Version,
		tagHTTP: m.HTTP, tagRaft: m.Raft, tagCluster: m.Cluster,
	}
	if m.Expect > 0 {
		all[tagExpect] = strconv.Itoa(m.Expect)
	}
	for name, value := range all {
		if value == "" {
			delete(all, name)
		}
	}
	return all
}

func member(s *serf.Member) structs.Member {
	expect, _ := strconv.Atoi(s.Tags[tagExpect])
	return structs.Member{
		ID: s.Name, Name: s.Tags[tagName], Role: s.Tags[tagRole], Status: s.Status.String(),
		Zone: s.Tags[tagZone], Region: s.Tags[tagRegion], Version: s.Tags[tagVersion],
		Address: net.JoinHostPort(s.Addr.String(), strconv.Itoa(int(s.Port))),
		HTTP:    s.Tags[tagHTTP], Raft: s.Tags[tagRaft], Expect: expect, Cluster: s.Tags[tagCluster],
	}
}
