package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// lingerRead and lingerTotal bound how long a connection is read after the last answer: closing
	// it with something unread would reset it, and the client could lose the answer.
	lingerRead  = 2 * time.Second
	lingerTotal = 10 * time.Second
)

// conn is one HTTP/1 connection of a client.
type conn struct {
	server                *Server
	net                   net.Conn
	in                    reader
	out                   writer
	client, local         netip.AddrPort
	tlsVersion, tlsCipher string      // empty: no TLS
	protocol              string      // by ALPN
	idle                  atomic.Bool // it waits for a request
	cut                   bool        // it is closed without ceremony
}

func newConn(s *Server, nc net.Conn) *conn {
	return &conn{server: s, net: nc, client: addrPort(nc.RemoteAddr()), local: addrPort(nc.LocalAddr())}
}

func addrPort(a net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	if t, ok := a.(*net.TCPAddr); ok {
		ap = t.AddrPort()
	} else if u, ok := a.(*net.UDPAddr); ok {
		ap = u.AddrPort()
	} else if a != nil {
		ap, _ = netip.ParseAddrPort(a.String())
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// handshake makes the connection a TLS one. If that fails it closes it.
func (c *conn) handshake(config *tls.Config) bool {
	tc := tls.Server(c.net, config)
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTimeout)
	defer cancel()
	if err := tc.HandshakeContext(ctx); err != nil {
		var plain tls.RecordHeaderError
		if errors.As(err, &plain) && plain.Conn != nil && looksLikeHTTP(plain.RecordHeader) {
			io.WriteString(plain.Conn, "HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\nThis port speaks HTTPS, and this was HTTP.\n")
		}
		c.net.Close()
		return false
	}
	c.server.mu.Lock() // Shutdown may look
	c.net = tc
	c.server.mu.Unlock()
	c.describe(tc.ConnectionState())
	if c.protocol != "" && c.protocol != "h2" && c.protocol != "http/1.1" { // such as acme-tls/1
		tc.Close()
		return false
	}
	return true
}

func (c *conn) describe(state tls.ConnectionState) {
	c.protocol = state.NegotiatedProtocol
	c.tlsVersion = strings.Replace(tls.VersionName(state.Version), "TLS ", "TLSv", 1)
	c.tlsCipher = tls.CipherSuiteName(state.CipherSuite)
}

func looksLikeHTTP(b [5]byte) bool {
	switch string(b[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "OPTIO":
		return true
	}
	return false
}

// serve answers the requests of the connection, and closes it.
func (c *conn) serve() {
	c.in.reset(c.net)
	c.out = writer{conn: c.net, timeout: c.server.settings.Load().IdleTimeout}
	for c.await() && c.answer() {
	}
	c.close()
}

// await waits for the first bytes of a request.
func (c *conn) await() bool {
	if c.in.buffered() > 0 {
		return true
	}
	timeout := c.server.settings.Load().IdleTimeout
	c.in.release()
	c.in.patient = true
	c.in.extend(time.Now(), timeout)
	c.idle.Store(true)
	err := c.in.fill(bufferSize)
	c.in.patient = false
	if c.server.draining.Load() { // Shutdown may have moved the deadline
		c.server.mu.Lock()
		c.idle.Store(false)
		c.in.until(time.Now().Add(timeout))
		c.server.mu.Unlock()
	} else {
		c.idle.Store(false)
	}
	c.cut = err != nil
	return err == nil
}

// answer serves one request, and reports whether the connection may serve another one.
func (c *conn) answer() bool {
	x := newExchange(c.server)
	defer x.free()
	x.h1 = h1front{conn: c, before: c.out.sent}
	x.front, x.conn = &x.h1, c
	x.req.client, x.req.local = c.client, c.local
	x.req.tlsVersion, x.req.tlsCipher = c.tlsVersion, c.tlsCipher
	raw, err := c.in.head(x.settings.HeaderBytes, x.req.begin.Add(x.settings.IdleTimeout))
	if err == nil {
		text := string(raw)
		c.in.skip(len(raw))
		err = x.req.parse(text, x.settings)
	}
	if err != nil {
		x.refuse(err)
		return false
	}
	x.in.reset(&c.in, x.req.length, true, x.settings.IdleTimeout)
	x.in.strict = x.settings.Desync == "strictest"
	x.body = &x.in
	x.run()
	c.cut = c.cut || x.h1.cut
	return x.h1.keep && !c.cut
}

// headStatus is the answer to a head that could not be read or understood; zero: none.
func headStatus(err error, begun bool) (status int) {
	var r *refusal
	switch {
	case errors.As(err, &r):
		return r.status
	case errors.Is(err, errFull):
		return http.StatusRequestHeaderFieldsTooLarge
	case errors.Is(err, errBareLF):
		return http.StatusBadRequest
	case errors.Is(err, os.ErrDeadlineExceeded) && begun:
		return http.StatusRequestTimeout
	case err == io.EOF && begun:
		return http.StatusBadRequest
	}
	return 0
}

// closeWrite ends one direction of a connection.
func closeWrite(c net.Conn) error {
	if h, ok := c.(interface{ CloseWrite() error }); ok {
		return h.CloseWrite()
	}
	return c.Close()
}

// close closes the connection so that the client gets the last answer.
func (c *conn) close() {
	defer c.net.Close()
	defer c.in.drop()
	c.out.drop()
	if c.cut || closeWrite(c.net) != nil {
		return
	}
	for end := time.Now().Add(lingerTotal); ; {
		now := time.Now()
		c.in.drop()
		c.in.until(now.Add(lingerRead))
		if !now.Before(end) || c.in.fill(bufferSize) != nil {
			return
		}
	}
}

// reset makes the client see that the answer is not complete.
func (c *conn) reset() {
	if t, ok := c.net.(interface{ SetLinger(int) error }); ok {
		t.SetLinger(0)
	}
	c.net.Close()
}
