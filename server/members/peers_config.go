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

// Peers is how a server finds and reaches the others.
type Peers struct {
	// Expect is how many servers form a new cluster (--bootstrap-expect). Zero: this one only joins
	// a cluster that is there.
	Expect int
	// Name, Zone, Region and Version are what the server says of itself.
	Name, Zone, Region, Version string
	// HTTP and Raft are host:port at which other servers reach it.
	HTTP, Raft string
	// RaftListener takes raft's connections, with TLS where TLS is set. The server closes it.
	RaftListener net.Listener
	// TLS is that of calls to other servers; nil: none.
	TLS *tls.Config
	// Gossip is where it listens and with which key; the server fills in Self and Logger.
	Gossip gossip.Config
	// Join are hosts or host:port of the gossip of others. It is tried until one answers.
	Join []string
	// Dial replaces the network, for tests. Nil: the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Dialer returns what connects to other servers: Dial, or the network.
func (p *Peers) Dialer() func(context.Context, string, string) (net.Conn, error) {
	if p.Dial != nil {
		return p.Dial
	}
	return (&net.Dialer{Timeout: node.DialTimeout, KeepAlive: 5 * time.Second}).DialContext
}

// self is what a new server says of itself by gossip.
func (p *Peers) self(id string) structs.Member {
	return structs.Member{
		ID: id, Name: p.Name, Role: structs.RoleServer, Zone: p.Zone, Region: p.Region, Version: p.Version,
		HTTP: p.HTTP, Raft: p.Raft, Expect: p.Expect,
	}
}
