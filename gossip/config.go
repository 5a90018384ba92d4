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

// The pace of failure detection: everyone knows about a silent member after some 4 s. That is the
// fastest pace that caused no false alarms on loaded machines.
const (
	probeInterval  = 500 * time.Millisecond
	probeTimeout   = 250 * time.Millisecond
	gossipInterval = 100 * time.Millisecond
	suspicionMult  = 3
	// There are many agents, and they probe more slowly: what they say about each other need not
	// be fast, since their leases tell about losses first.
	agentProbeInterval  = 5 * time.Second
	agentProbeTimeout   = 2 * time.Second
	agentGossipInterval = time.Second
	// agentSync is how often an agent exchanges all that it knows with another member (the library
	// stretches it where more than 32 are known). In between it hears about changes. The exchange
	// is large where the other one is a server.
	agentSync = time.Hour
	// serverSync is how often a server exchanges all that it knows with another server, even one
	// that failed. News about an agent may not come through others: agents pass on nothing about
	// agents that they do not know.
	serverSync = 5 * time.Second
	// serverLook is how often a server looks at all members, for changes that have no event.
	serverLook = 5 * time.Second
	// streamTimeout bounds an exchange over TCP, and so the time that Join waits for a host that is
	// not there.
	streamTimeout = 2 * time.Second
	// reclaimAfter is how long a member must have been dead for it to come back at another address.
	reclaimAfter = time.Second
	// reconnectFor is how long a failed member is retried before it is forgotten.
	reconnectFor = 24 * time.Hour
)

// Config is what a member needs.
type Config struct {
	// Self is what the member says about itself. ID, Name and Role are required; Status and Address
	// are filled in.
	Self structs.Member
	// Bind is the IP address to listen on. Advertise is the one that others are told. Empty: Bind.
	Bind, Advertise string
	// Port is used for both UDP and TCP; 0 picks a free one.
	Port int
	// Key (32 bytes) encrypts all gossip until another key is rotated in. Nil: gossip is in the
	// clear. A server's key is derived from the cluster's secret. An agent's is the one in use,
	// which a server gave it.
	Key []byte
	// DataDir keeps the members last seen, so that a restart finds them without Join, and a
	// server's keys. Empty: nothing is kept.
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

// serf returns serf's configuration for a member.
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
	list.EnableCompression = false // packets are small: it costs much and saves little
	if c.Self.Role == structs.RoleAgent {
		list.ProbeInterval, list.ProbeTimeout = agentProbeInterval, agentProbeTimeout
		list.GossipInterval = agentGossipInterval
		list.PushPullInterval = agentSync
		list.Alive, list.Merge = m.acquainted, m.acquainted
		// A machine that has no time to answer a packet is not helped by a connection as well.
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
	members := &serfSnapshot{log: c.Logger} // serf and memberlist log through it
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
