package node

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/hashicorp/raft"
)

// raftStream is how raft reaches its peers: TCP, with TLS where it is configured, in which both
// sides show that they are servers.
type raftStream struct {
	net.Listener
	advertise string
	tls       *tls.Config // of dialing; the listener has its own
	dial      func(ctx context.Context, network, address string) (net.Conn, error)
}

// Addr is what peers are told, which may be another address than the one listened on.
func (s *raftStream) Addr() net.Addr { return advertised(s.advertise) }

// Dial is a part of raft.StreamLayer.
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

// advertised is a TCP address by its text.
type advertised string

func (advertised) Network() string  { return "tcp" }
func (a advertised) String() string { return string(a) }
