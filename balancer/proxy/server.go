package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go/http3"
)

const (
	handshakeTimeout = 10 * time.Second
	// drainQuiet is how long a connection without a request is kept when the server shuts down: a
	// request may be on its way. Its answer says Connection: close.
	drainQuiet = 2 * time.Second
	// firstRequest is how long a client of HTTP/2 whose handshake ended during the shutdown has for
	// its first request.
	firstRequest = 500 * time.Millisecond
)

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// Server serves one listener, or several that are alike.
type Server struct {
	settings atomic.Pointer[Settings]
	router   Router
	http2    *http.Server
	streams  *handed // connections of HTTP/2 clients
	draining atomic.Bool
	date     atomic.Pointer[date]

	mu        sync.Mutex
	listeners map[net.Listener]struct{}
	conns     map[*conn]struct{}
	http3     []*http3.Server
	// handshakes are the connections that may yet turn out to be HTTP/2.
	handshakes sync.WaitGroup
	late       atomic.Bool // one turned out to be HTTP/2 after Shutdown had begun
}

// New returns a Server. Serve and ServeTLS may be called several times, until Shutdown.
func New(settings Settings, router Router) *Server {
	s := &Server{router: router, listeners: map[net.Listener]struct{}{}, conns: map[*conn]struct{}{}}
	s.Configure(settings)
	s.startHTTP2()
	return s
}

// Configure replaces the settings, for the requests that come from now on. HeaderBytes and
// IdleTimeout of HTTP/2 connections stay as they were.
func (s *Server) Configure(settings Settings) {
	if settings.IdleTimeout <= 0 {
		settings.IdleTimeout = 60 * time.Second
	}
	if settings.HeaderBytes <= 0 {
		settings.HeaderBytes = 64 << 10
	}
	s.settings.Store(&settings)
}

// Serve takes connections until Shutdown, and then returns nil. The listener's connections may have
// a method TCPConn() *net.TCPConn, which returns the connection below if it may be read and written
// without them; otherwise they need a little more memory while idle.
func (s *Server) Serve(l net.Listener) error { return s.serve(l, nil) }

// ServeTLS is as Serve, with TLS. It offers HTTP/2 if the settings have it.
func (s *Server) ServeTLS(l net.Listener, config *tls.Config) error {
	config = config.Clone()
	if s.settings.Load().HTTP2 {
		config.NextProtos = append([]string{"h2", "http/1.1"}, config.NextProtos...)
	} else {
		config.NextProtos = append([]string{"http/1.1"}, config.NextProtos...)
	}
	return s.serve(l, config)
}

func (s *Server) serve(l net.Listener, config *tls.Config) error {
	s.mu.Lock()
	if s.draining.Load() {
		s.mu.Unlock()
		return l.Close()
	}
	s.listeners[l] = struct{}{}
	s.mu.Unlock()
	pause := time.Duration(0)
	for {
		c, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			go s.take(c, config)
		case s.draining.Load():
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		default: // such as too many open files
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			time.Sleep(pause)
		}
	}
}

// take serves one connection.
func (s *Server) take(nc net.Conn, config *tls.Config) {
	c := newConn(s, nc)
	if !s.track(c) {
		nc.Close()
		return
	}
	defer s.untrack(c)
	if s.begin(c, config) {
		c.serve()
	}
}

// begin does the TLS handshake, and reports whether the connection is one of HTTP/1. It hands one
// of HTTP/2 over.
func (s *Server) begin(c *conn, config *tls.Config) bool {
	defer s.handshakes.Done()
	if config != nil && !c.handshake(config) {
		return false
	}
	if c.protocol == "h2" || config == nil && s.settings.Load().PlainHTTP2 {
		if s.draining.Load() {
			s.late.Store(true)
		}
		s.streams.give(c.net)
		return false
	}
	return true
}

func (s *Server) track(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining.Load() {
		return false
	}
	s.conns[c] = struct{}{}
	s.handshakes.Add(1)
	return true
}

func (s *Server) untrack(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// Shutdown closes the listeners and waits until the requests that are open have ended, at the
// longest until the context's end; then it closes what is left, and returns the context's error.
// Answers from now on say Connection: close, and clients of HTTP/2 get a GOAWAY.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.draining.Store(true)
	for l := range s.listeners {
		l.Close()
	}
	s.mu.Unlock()
	var group sync.WaitGroup
	errs := make([]error, len(s.http3)+1)
	for i, server := range s.http3 {
		group.Go(func() {
			if errs[i] = server.Shutdown(ctx); errs[i] != nil {
				server.Close()
			}
		})
	}
	group.Go(func() {
		s.handshakes.Wait()
		if s.late.Load() { // net/http closes connections at once that have no request yet
			wait(ctx, firstRequest)
		}
		if errs[len(s.http3)] = s.http2.Shutdown(ctx); errs[len(s.http3)] != nil {
			s.http2.Close()
		}
	})
	err := s.drain(ctx)
	group.Wait()
	s.streams.Close()
	for _, e := range errs {
		if err == nil {
			err = e
		}
	}
	return err
}

// drain ends the HTTP/1 connections.
func (s *Server) drain(ctx context.Context) error {
	quiet := time.Now().Add(drainQuiet)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if s.closeIdle(time.Now().After(quiet)) == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.mu.Lock()
			defer s.mu.Unlock()
			for c := range s.conns {
				c.net.Close()
			}
			return ctx.Err()
		}
	}
}

// closeIdle ends the connections that wait for a request, and returns how many there are in all.
func (s *Server) closeIdle(quiet bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if quiet && c.idle.Load() {
			c.net.SetReadDeadline(time.Unix(1, 0))
		}
	}
	return len(s.conns)
}

// date is the header Date of the server's own answers in one second.
type date struct {
	second int64
	text   string
}

func (s *Server) dateText(now time.Time) string {
	if d := s.date.Load(); d != nil && d.second == now.Unix() {
		return d.text
	}
	d := &date{now.Unix(), now.UTC().Format(http.TimeFormat)}
	s.date.Store(d)
	return d.text
}
