package dns

import (
	"net"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// upstream is a resolver that answers with one address, and returns lines for a resolv.conf.
func upstream(t *testing.T, at, address string, rcode int) string {
	t.Helper()
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, m *dns.Msg) {
		r := new(dns.Msg).SetRcode(m, rcode)
		if rcode == dns.RcodeSuccess {
			count := 1
			if m.Question[0].Name == "large.example.org." {
				count = 100
			}
			for range count {
				r.Answer = append(r.Answer, &dns.A{Hdr: header(m.Question[0].Name, dns.TypeA, 9), A: net.ParseIP(address)})
			}
		}
		if w.LocalAddr().Network() == "udp" {
			r.Truncate(512)
		}
		_ = w.WriteMsg(r)
	})
	for _, network := range []string{"udp", "tcp"} {
		ready := make(chan struct{})
		s := &dns.Server{Addr: at + ":53", Net: network, Handler: handler, NotifyStartedFunc: func() { close(ready) }}
		failed := make(chan error, 1)
		go func() { failed <- s.ListenAndServe() }()
		select {
		case <-ready:
		case err := <-failed:
			t.Skipf("port 53 of %s is needed: %v", at, err)
		}
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	return "nameserver " + at + "\n"
}

// What is not ours is asked of the machine's resolvers, in turn, and passed on as it is.
func TestForward(t *testing.T) {
	silent := "nameserver 127.0.77.9\n" // nobody listens
	refuses := upstream(t, "127.0.77.1", "", dns.RcodeRefused)
	knows := upstream(t, "127.0.77.2", "192.0.2.53", dns.RcodeSuccess)
	_, at := serve(t, silent+refuses+knows, web())
	for _, network := range []string{"udp", "tcp"} {
		if got := brief(lookup(t, network, at, "example.org.", dns.TypeA, 0)); got != "NOERROR [A 192.0.2.53] [] []" {
			t.Errorf("by %s: %s", network, got)
		}
	}
	if r := lookup(t, "udp", at, "large.example.org.", dns.TypeA, 0); !r.Truncated {
		t.Error("a truncated answer is not marked as such")
	}
	if r := lookup(t, "tcp", at, "large.example.org.", dns.TypeA, 0); len(r.Answer) != 100 {
		t.Errorf("by TCP %d of 100 records", len(r.Answer))
	}
}

// A resolver that is our own is not asked: that would never end.
func TestForwardToItself(t *testing.T) {
	packets, streams, err := Listen("127.0.77.3:53")
	if err != nil {
		t.Skipf("port 53 is needed: %v", err)
	}
	s, _ := serve(t, "nameserver 127.0.77.3\n")
	s.Serve(packets, streams)
	start := time.Now()
	if r := lookup(t, "udp", "127.0.77.3:53", "example.org.", dns.TypeA, 0); r.Rcode != dns.RcodeServerFailure || time.Since(start) > time.Second {
		t.Errorf("%s after %v", dns.RcodeToString[r.Rcode], time.Since(start))
	}
}

// What is no proper query does not stop the server.
func TestBadMessages(t *testing.T) {
	_, at := serve(t, "", web())
	conn, err := net.Dial("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	good, _ := new(dns.Msg).SetQuestion("web.default.gantry.", dns.TypeA).Pack()
	for n := range good {
		for _, b := range []byte{0, 1, 63, 64, 0xc0, 0xff} {
			m := append([]byte(nil), good...)
			m[n] = b
			_, _ = conn.Write(m[:n+1])
			_, _ = conn.Write(m)
		}
		// a good one after each, so that none is lost because the socket's buffer is full
		if got := brief(lookup(t, "udp", at, "web.default.gantry.", dns.TypeA, 0)); got != "NOERROR [A 10.0.0.1 A 10.0.0.2] [] []" {
			t.Fatal(n, got)
		}
	}
}
