package proxy

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// ServeHTTP3 takes connections of HTTP/3 clients until Shutdown, and then returns nil. Clients
// learn of it by Settings.AltSvc.
func (s *Server) ServeHTTP3(packets net.PacketConn, config *tls.Config) error {
	settings := s.settings.Load()
	server := &http3.Server{
		Handler:        http.HandlerFunc(s.serveHTTP),
		TLSConfig:      http3.ConfigureTLSConfig(config),
		QUICConfig:     &quic.Config{MaxIdleTimeout: settings.IdleTimeout, MaxIncomingStreams: maxStreams},
		IdleTimeout:    settings.IdleTimeout,
		MaxHeaderBytes: settings.HeaderBytes,
		ConnContext: func(ctx context.Context, q *quic.Conn) context.Context {
			c := &conn{server: s, client: addrPort(q.RemoteAddr()), local: addrPort(q.LocalAddr())}
			c.describe(q.ConnectionState().TLS)
			return context.WithValue(ctx, connKey{}, connInfo{c})
		},
	}
	s.mu.Lock()
	if s.draining.Load() {
		s.mu.Unlock()
		return packets.Close()
	}
	s.http3 = append(s.http3, server)
	s.mu.Unlock()
	err := server.Serve(packets)
	if s.draining.Load() {
		return nil
	}
	return err
}
