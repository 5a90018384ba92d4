package proxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// fixedRouter sends every request to the same targets, in order, and keeps what it is told.
type fixedRouter struct {
	targets []*Target
	answer  *Decision
	cookies []string

	mu       sync.Mutex
	outcomes []Outcome
	refused  []Outcome
	routed   []string // HOST PATH?QUERY
	errs     []error
}

func (r *fixedRouter) Route(h Head) Decision {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.routed = append(r.routed, h.Method()+" "+h.Host()+h.Path()+"?"+h.Query())
	observe := func(o Outcome) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.outcomes = append(r.outcomes, o)
	}
	if r.answer != nil {
		d := *r.answer
		d.Observe = observe
		return d
	}
	return Decision{Forward: &fixedForward{router: r}, Observe: observe}
}

func (r *fixedRouter) Refused(_ netip.AddrPort, o Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused = append(r.refused, o)
}

// last waits for the n-th outcome and returns it.
func (r *fixedRouter) last(t *testing.T, n int) Outcome {
	t.Helper()
	return r.nth(t, &r.outcomes, n)
}

// refusal waits for the n-th request that did not come to Route.
func (r *fixedRouter) refusal(t *testing.T, n int) Outcome {
	t.Helper()
	return r.nth(t, &r.refused, n)
}

func (r *fixedRouter) nth(t *testing.T, list *[]Outcome, n int) Outcome {
	t.Helper()
	for range 500 {
		r.mu.Lock()
		if len(*list) >= n {
			defer r.mu.Unlock()
			return (*list)[n-1]
		}
		r.mu.Unlock()
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("outcome %d did not come", n)
	return Outcome{}
}

type fixedForward struct {
	router *fixedRouter
	next   int
}

func (f *fixedForward) Next() *Target {
	if f.next == len(f.router.targets) {
		return nil
	}
	f.next++
	t := f.router.targets[f.next-1]
	t.Open.Add(1)
	return t
}

func (f *fixedForward) Done(t *Target, err error) {
	t.Open.Add(-1)
	f.router.mu.Lock()
	defer f.router.mu.Unlock()
	if err != nil {
		f.router.errs = append(f.router.errs, err)
	}
}

func (f *fixedForward) Cookies(*Target) []string { return f.router.cookies }

// rig is a proxy in front of targets.
type rig struct {
	t       *testing.T
	router  *fixedRouter
	server  *Server
	address string
	tls     bool
}

func newRig(t *testing.T, settings Settings, targets ...*Target) *rig {
	t.Helper()
	return startRig(t, settings, false, targets...)
}

func startRig(t *testing.T, settings Settings, secure bool, targets ...*Target) *rig {
	t.Helper()
	r := &rig{t: t, router: &fixedRouter{targets: targets}, tls: secure}
	r.server = New(settings, r.router)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.address = l.Addr().String()
	if secure {
		go r.server.ServeTLS(l, &tls.Config{Certificates: []tls.Certificate{testCertificate(t)}})
	} else {
		go r.server.Serve(l)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		r.server.Shutdown(ctx)
		for _, target := range targets {
			target.Pool.Close()
		}
	})
	return r
}

// testCertificate returns the one of httptest.
func testCertificate(t *testing.T) tls.Certificate {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	return s.TLS.Certificates[0]
}

// target starts a server of net/http and returns it as a target.
func target(t *testing.T, handler http.HandlerFunc) *Target {
	s := httptest.NewServer(handler)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return &Target{Address: s.Listener.Addr().String(), Protocol: "HTTP1"}
}

// rawTarget starts a target that is a function of each connection; the number counts from zero.
func rawTarget(t *testing.T, serve func(n int, c net.Conn, r *bufio.Reader)) *Target {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(n, c, bufio.NewReader(c))
			}()
		}
	}()
	return &Target{Address: l.Addr().String(), Protocol: "HTTP1"}
}

// answering is a raw target that gives the same answer to each request.
func answering(t *testing.T, answer string) *Target {
	return rawTarget(t, func(_ int, c net.Conn, r *bufio.Reader) {
		for readRaw(r) != "" {
			io.WriteString(c, answer)
		}
	})
}

// readRaw reads a head, as it is.
func readRaw(r *bufio.Reader) string {
	var b strings.Builder
	for {
		line, err := r.ReadString('\n')
		b.WriteString(line)
		if err != nil {
			return ""
		}
		if line == "\r\n" {
			return b.String()
		}
	}
}

// dial opens a connection to the proxy.
func (r *rig) dial() net.Conn {
	r.t.Helper()
	c, err := net.Dial("tcp", r.address)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if r.tls {
		return tls.Client(c, &tls.Config{InsecureSkipVerify: true})
	}
	return c
}

// raw sends text and returns everything until the connection ends.
func (r *rig) raw(text string) string {
	r.t.Helper()
	c := r.dial()
	if _, err := io.WriteString(c, text); err != nil {
		r.t.Fatal(err)
	}
	b, _ := io.ReadAll(c)
	return string(b)
}

const closing = " HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n"

func wantIn(t *testing.T, where, what string) {
	t.Helper()
	if !strings.Contains(where, what) {
		t.Fatalf("no %q in:\n%s", what, where)
	}
}

// nowhere is a connection that has ended.
type nowhere struct{ net.Conn }

func (nowhere) Read([]byte) (int, error)        { return 0, io.EOF }
func (nowhere) SetReadDeadline(time.Time) error { return nil }
