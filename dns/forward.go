package dns

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"time"

	"github.com/miekg/dns"
)

// tryTimeout is how long a resolver has to answer before the next one is asked. Clients give up
// after 5 s (glibc, musl and Go).
const tryTimeout = 1500 * time.Millisecond

// forwardTimeout is how long all of them have together.
const forwardTimeout = 4500 * time.Millisecond

// maxForwards is how many queries may wait for resolvers at a time. More are refused, so that
// clients ask again.
const maxForwards = 1024

var errNoResolver = errors.New("no resolver answers")

// forward asks the machine's resolvers in turn, the same way as we were asked. The answer is
// passed on as it is: also that it is too long for UDP, since the client then asks by TCP.
func (s *Server) forward(ctx context.Context, network string, m []byte) ([]byte, error) {
	select {
	case s.forwards <- struct{}{}:
		defer func() { <-s.forwards }()
	default:
		return nil, errors.New("too many queries wait for resolvers")
	}
	ctx, cancel := context.WithTimeout(ctx, forwardTimeout)
	defer cancel()
	var failed []byte
	for range 2 { // a packet may be lost
		for _, at := range s.resolvers.get() {
			r, err := ask(ctx, network, at, m)
			if err == nil && !fails(r) {
				return r, nil
			}
			if err == nil {
				failed = r
			}
		}
		if failed != nil {
			return failed, nil
		}
	}
	return nil, errNoResolver
}

// fails reports whether a resolver could not answer, so that another one may know more.
func fails(r []byte) bool {
	switch r[3] & 0xf {
	case dns.RcodeServerFailure, dns.RcodeNotImplemented, dns.RcodeRefused:
		return true
	}
	return false
}

// ask asks one resolver. A port and an id of its own for each query make answers hard to forge.
func ask(ctx context.Context, network, at string, m []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, network, at)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	id := uint16(rand.Uint32())
	out := append(make([]byte, 2, 2+len(m)), m...)
	binary.BigEndian.PutUint16(out, uint16(len(m)))
	binary.BigEndian.PutUint16(out[2:], id)
	if network == "udp" {
		out = out[2:]
	}
	if _, err := conn.Write(out); err != nil {
		return nil, err
	}
	for {
		r, err := receive(conn, network)
		if err != nil {
			return nil, err
		}
		if len(r) >= headerSize && binary.BigEndian.Uint16(r) == id && r[2]&0x80 != 0 {
			copy(r, m[:2])
			return r, nil
		}
	}
}

// receive reads one message.
func receive(conn net.Conn, network string) ([]byte, error) {
	if network == "udp" {
		buffer := make([]byte, 64<<10)
		n, err := conn.Read(buffer)
		return buffer[:n], err
	}
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return nil, err
	}
	m := make([]byte, binary.BigEndian.Uint16(size[:]))
	_, err := io.ReadFull(conn, m)
	return m, err
}
