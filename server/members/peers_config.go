package members

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/gantry-project/gantry/gossip"
	"github.com/gantry-project/gantry/server/node"
	"github.com/gantry-project/gantry/structs"
)

// Peers describes how a server finds and reaches the others.
type Peers struct {
	// Expect is how many servers form a new cluster (--bootstrap-expect). Zero means that this one
	// only joins an existing cluster.
	Expect int
	// Name, Zone, Region and Version are what the server announces about itself.
	Name, Zone, Region, Version string
	// HTTP and Raft are the host:port at which other servers reach it.
	HTTP, Raft string
	// RaftListener accepts raft's connections, with TLS if TLS is set. The server closes it.
	RaftListener net.Listener
	// TLS is the configuration of calls to other servers. Nil means no TLS.
	TLS *tls.Config
	// Gossip configures where gossip listens and with which key. Self, DataDir and Logger are
	// filled in.
	Gossip gossip.Config
	// Join holds the gossip addresses of others, host or host:port. They are tried until one
	// answers.
	Join []string
	// Dial, if not nil, replaces the network in tests.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Dialer returns the function that connects to other servers: Dial, or the network's.
func (p *Peers) Dialer() func(context.Context, string, string) (net.Conn, error) {
	if p.Dial != nil {
		return p.Dial
	}
	return (&net.Dialer{Timeout: node.DialTimeout, KeepAlive: 5 * time.Second}).DialContext
}

// self returns what a new server announces about itself by gossip.
func (p *Peers) self(id string) structs.Member {
	return structs.Member{
		ID: id, Name: p.Name, Role: structs.RoleServer, Zone: p.Zone, Region: p.Region, Version: p.Version,
		HTTP: p.HTTP, Raft: p.Raft, Expect: p.Expect,
	}
}
