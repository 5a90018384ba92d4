package balancer

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"time"

	"github.com/gantry-project/gantry/balancer/accesslog"
	"github.com/gantry-project/gantry/structs"
)

// Config is what a Balancer needs.
type Config struct {
	// Address is the host at which listeners are opened; empty: all addresses of the machine.
	Address string
	// Listen opens the listening socket of an address; nil: one of the machine.
	Listen func(address string) (net.Listener, error)
	// ReportTargets sends what changed of the health of targets. It is called again with the same
	// if it fails. Nil: nothing is checked.
	ReportTargets func(ctx context.Context, reports []structs.TargetReport) error
	// ReportDrains tells on which draining targets requests are open. Nil: nobody is told.
	ReportDrains func(ctx context.Context, report structs.DrainReport) error
	// Certificates, if not nil, returns the certificate of a listener for the host that a client
	// names, or nil and no error if it has none: then those of the frames are looked at. It may be
	// called at any time.
	Certificates func(listener structs.TrafficListener, hello *tls.ClientHelloInfo) (*tls.Certificate, error)
	// DefaultCertificate, if not nil, returns the certificate of a listener for clients that name
	// no host, or an unknown one; nil if it has none.
	DefaultCertificate func(listener structs.TrafficListener) *tls.Certificate
	// HTTPChallenge, if not nil, returns the answer to a request of a certificate authority
	// (HTTP-01) for a host, with or without a port; ok is false for any other request. HTTP
	// listeners ask it about paths below ChallengePath.
	HTTPChallenge func(host, path string) (body string, ok bool)
	// AccessLog gets a line for each request; nil: none is written.
	AccessLog *accesslog.Log
	// Sockets has listening sockets that an earlier process left, and keeps this one's for the
	// next; nil: they are opened and closed.
	Sockets Sockets
	// Grace is how long requests may last after a listener went or the agent stops. Zero: 30 s.
	Grace  time.Duration
	Logger *slog.Logger     // nil: slog.Default
	Now    func() time.Time // nil: time.Now
}

// Sockets hands listening sockets from one process to the next, so that connections that come
// between them wait, and are not refused.
type Sockets interface {
	// Take returns the listening socket of an address, such as "tcp 0.0.0.0:80", or nil.
	Take(name string) net.Listener
	// Drop closes those that were not taken.
	Drop()
	// Keep has a socket stay open when its listener is closed. Hand then gives all that were kept
	// to the next process.
	Keep(name string, l net.Listener) error
	Hand() error
}

func (c Config) withDefaults() Config {
	c.Grace = cmp.Or(c.Grace, 30*time.Second)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	if c.Listen == nil {
		c.Listen = listen
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}
