package gossip

import (
	"errors"
	"log"
	"log/slog"
	"path/filepath"
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
	members := &serfSnapshot{log: c.Logger}
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
