package node

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/hashicorp/raft"
)

// raftStream is how raft reaches its peers: TCP, with mutual TLS if that is configured, in which
// both sides prove that they are servers.
type raftStream struct {
	net.Listener
	advertise string
	tls       *tls.Config // for dialing; the listener has its own
	dial      func(ctx context.Context, network, address string) (net.Conn, error)
}

// Addr returns the advertised address, which may not be the one that the server listens on.
func (s *raftStream) Addr() net.Addr { return advertised(s.advertise) }

// Dial connects to a peer (raft.StreamLayer).
func (s *raftStream) Dial(address raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	conn, err := s.dial(ctx, "tcp", string(address))
	if err != nil || s.tls == nil {
		return conn, err
	}
	secured := tls.Client(conn, s.tls)
	if err := secured.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secured, nil
}

// advertised is the text of a TCP address.
type advertised string

func (advertised) Network() string  { return "tcp" }
func (a advertised) String() string { return string(a) }
