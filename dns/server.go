package dns

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/gantry-project/gantry/structs"
)

// Config is what a Server needs.
type Config struct {
	// ResolvConf is the file with the resolvers that are asked about all other names; empty:
	// /etc/resolv.conf.
	ResolvConf string
	Logger     *slog.Logger
}

// Server answers queries. Make it with New, give it names with Apply, and sockets with Serve.
type Server struct {
	table     *table
	resolvers *resolvers
	forwards  chan struct{} // capacity maxForwards
	log       *slog.Logger
	ctx       context.Context
	end       context.CancelFunc
	work      sync.WaitGroup

	mu    sync.Mutex
	at    map[string]bool // the addresses of its sockets
	conns map[net.Conn]bool
}

// New returns a server that knows no names.
func New(c Config) *Server {
	s := &Server{
		table: newTable(), forwards: make(chan struct{}, maxForwards), log: c.Logger,
		at: map[string]bool{}, conns: map[net.Conn]bool{},
	}
	s.ctx, s.end = context.WithCancel(context.Background())
	if c.ResolvConf == "" {
		c.ResolvConf = "/etc/resolv.conf"
	}
	s.resolvers = &resolvers{path: c.ResolvConf, own: s.isOwn}
	return s
}

// Apply makes the names those of a frame.
func (s *Server) Apply(f structs.TrafficFrame) { s.table.apply(f) }

// isOwn reports whether the server has a socket at an address.
func (s *Server) isOwn(address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at[address]
}

// Serve answers queries at a UDP and a TCP socket of one address until Close, which closes them.
func (s *Server) Serve(packets *net.UDPConn, streams net.Listener) {
	s.mu.Lock()
	s.at[packets.LocalAddr().String()] = true
	s.mu.Unlock()
	_ = packets.SetReadBuffer(1 << 20) // as much of it as the kernel allows
	context.AfterFunc(s.ctx, func() { _, _ = packets.Close(), streams.Close() })
	for range runtime.GOMAXPROCS(0) {
		s.work.Go(func() { s.servePackets(packets) })
	}
	s.work.Go(func() { s.serveStreams(streams) })
}

// Close ends the server.
func (s *Server) Close() {
	s.end()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.work.Wait()
}

func (s *Server) servePackets(conn *net.UDPConn) {
	var q query
	in, out := make([]byte, 4<<10), make([]byte, 0, 4<<10)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(in)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || n < headerSize || in[2]&0x80 != 0 { // an answer
			continue
		}
		m := in[:n]
		result := ours
		if q.parse(m) {
			out, result = s.table.answer(out[:0], m, &q)
		}
		if result == answered {
			_, _ = conn.WriteToUDPAddrPort(out, from) // whoever asked asks again
			continue
		}
		s.slowly(conn, append([]byte(nil), m...), from)
	}
}

// slowly answers a query that may have to wait.
func (s *Server) slowly(conn *net.UDPConn, m []byte, from netip.AddrPort) {
	s.work.Go(func() {
		if r := s.respond("udp", m); r != nil {
			_, _ = conn.WriteToUDPAddrPort(r, from)
		}
	})
}

// streamIdle is how long a TCP connection may wait for its next query (RFC 7766 wants seconds), and
// maxStreams how many there may be.
const (
	streamIdle = 10 * time.Second
	maxStreams = 256
)

func (s *Server) serveStreams(l net.Listener) {
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) || s.ctx.Err() != nil {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // no descriptor is free
			continue
		}
		s.mu.Lock()
		full := len(s.conns) >= maxStreams
		if !full {
			s.conns[conn] = true
		}
		s.mu.Unlock()
		if full {
			_ = conn.Close()
			continue
		}
		s.work.Go(func() { s.serveStream(conn) })
	}
}

func (s *Server) serveStream(conn net.Conn) {
	defer func() {
		_ = conn.Close()
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
	}()
	for s.ctx.Err() == nil {
		_ = conn.SetDeadline(time.Now().Add(streamIdle))
		m, err := receive(conn, "tcp")
		if err != nil {
			return
		}
		r := s.respond("tcp", m)
		if r == nil {
			return
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(r))), r...)); err != nil {
			return
		}
	}
}

// respond returns the answer to any query, or nil for what is none.
func (s *Server) respond(network string, raw []byte) []byte {
	m := new(dns.Msg)
	if err := m.Unpack(raw); err != nil || m.Response {
		if len(raw) < headerSize || m.Response {
			return nil
		}
		return packed(new(dns.Msg).SetRcodeFormatError(m))
	}
	refused := dns.RcodeNotImplemented
	switch edns := m.IsEdns0(); {
	case m.Opcode != dns.OpcodeQuery:
	case len(m.Question) != 1:
		refused = dns.RcodeFormatError
	case edns != nil && edns.Version() != 0:
		refused = dns.RcodeBadVers
	default:
		return s.find(network, raw, m)
	}
	r := new(dns.Msg).SetRcode(m, refused)
	if m.IsEdns0() != nil {
		r.SetEdns0(sizeEDNS, false)
	}
	return packed(r)
}

// find returns the answer to a query with one question.
func (s *Server) find(network string, raw []byte, m *dns.Msg) []byte {
	r, more := s.table.respond(m)
	if r == nil {
		answer, err := s.forward(s.ctx, network, raw)
		if err != nil {
			s.log.Debug("cannot answer a query", "name", m.Question[0].Name, "error", err)
			return packed(new(dns.Msg).SetRcode(m, dns.RcodeServerFailure))
		}
		return answer
	}
	if more != "" {
		s.follow(r, more, m.Question[0].Qtype)
	}
	size := dns.MaxMsgSize
	if edns := m.IsEdns0(); edns != nil {
		r.SetEdns0(sizeEDNS, false)
		size = min(max(int(edns.UDPSize()), sizeUDP), sizeEDNS)
	} else if network == "udp" {
		size = sizeUDP
	}
	if network == "udp" {
		r.Truncate(size)
	}
	return packed(r)
}

// follow adds the records of a name outside, which others know.
func (s *Server) follow(r *dns.Msg, name string, kind uint16) {
	raw, err := new(dns.Msg).SetQuestion(name, kind).Pack()
	if err != nil {
		return
	}
	var m dns.Msg
	if answer, err := s.forward(s.ctx, "tcp", raw); err != nil || m.Unpack(answer) != nil {
		r.Rcode = dns.RcodeServerFailure
		return
	}
	r.Rcode = m.Rcode
	r.Answer = append(r.Answer, m.Answer...)
}

func packed(m *dns.Msg) []byte {
	b, err := m.Pack()
	if err != nil {
		return nil
	}
	return b
}
