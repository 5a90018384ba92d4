package balancer

import (
	"net"
	"time"

	proxyproto "github.com/pires/go-proxyproto"
)

// AttributeProxyProtocol is the attribute of listeners whose clients begin each connection with a
// header of the PROXY protocol, version 1 or 2. It is Gantry's own: elbv2 has none.
const AttributeProxyProtocol = "gantry.proxy_protocol.enabled"

// headerWait is how long a client may take to send the header of the PROXY protocol.
const headerWait = 5 * time.Second

// headerConn is a connection that begins with a header of the PROXY protocol. Its addresses are
// those of the header.
type headerConn struct{ *proxyproto.Conn }

// withProxyHeader returns a connection whose header is read with the first use. Without one, reads
// fail: whoever can reach the port could otherwise claim any address.
func withProxyHeader(c net.Conn) net.Conn {
	return headerConn{proxyproto.NewConn(c,
		proxyproto.WithPolicy(proxyproto.REQUIRE), proxyproto.SetReadHeaderTimeout(headerWait))}
}

// CloseWrite ends what is sent, and not what is received.
func (c headerConn) CloseWrite() error {
	if tcp, ok := c.TCPConn(); ok {
		return tcp.CloseWrite()
	}
	return c.Close()
}

// writeProxyHeader begins a connection to a target with a header of the PROXY protocol, version 2,
// which names the client and where it connected to.
func writeProxyHeader(to net.Conn, client, local net.Addr) error {
	_, err := proxyproto.HeaderProxyFromAddrs(2, client, local).WriteTo(to)
	return err
}
