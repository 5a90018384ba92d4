package balancer

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// certificates are those of the frames, by ARN.
type certificates struct {
	log  *slog.Logger
	list atomic.Pointer[map[string]*certificate]
}

type certificate struct {
	tls   tls.Certificate
	names []string // in lower case
}

// apply takes the certificates of a frame. Handshakes find them from then on, so that no port needs
// to change.
func (c *certificates) apply(f *structs.TrafficFrame) {
	if !f.Full && len(f.Certificates) == 0 && len(f.GoneCertificates) == 0 {
		return
	}
	next := map[string]*certificate{}
	if old := c.list.Load(); old != nil && !f.Full {
		maps.Copy(next, *old)
	}
	for i := range f.Certificates {
		spec := &f.Certificates[i]
		pair, err := tls.X509KeyPair([]byte(spec.Chain), []byte(spec.Key))
		if err != nil {
			c.log.Warn("a certificate of a listener cannot be used", "certificate", spec.ARN, "error", err)
			continue
		}
		names := spec.Names
		if len(names) == 0 {
			names = pair.Leaf.DNSNames
		}
		one := &certificate{tls: pair}
		for _, name := range names {
			one.names = append(one.names, strings.ToLower(name))
		}
		next[spec.ARN] = one
	}
	for _, arn := range f.GoneCertificates {
		delete(next, arn)
	}
	c.list.Store(&next)
}

// find returns a listener's certificate for a host: one that has the name itself, or else a
// wildcard for it. It returns nil if there is none.
func (c *certificates) find(l *structs.Listener, host string) *tls.Certificate {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	_, parent, _ := strings.Cut(host, ".")
	var wild *tls.Certificate
	for _, arn := range l.Certificates {
		one := c.get(arn)
		if one == nil || host == "" {
			continue
		}
		for _, name := range one.names {
			switch {
			case name == host:
				return &one.tls
			case wild == nil && parent != "" && name == "*."+parent:
				wild = &one.tls
			}
		}
	}
	return wild
}

// first returns the certificate of a listener for clients that name no host, or an unknown one.
func (c *certificates) first(l *structs.Listener) *tls.Certificate {
	for _, arn := range l.Certificates {
		if one := c.get(arn); one != nil {
			return &one.tls
		}
	}
	return nil
}

func (c *certificates) get(arn string) *certificate {
	list := c.list.Load()
	if list == nil {
		return nil
	}
	return (*list)[arn]
}

// acmeTLS is the protocol of TLS-ALPN-01 challenges.
const acmeTLS = "acme-tls/1"

// tlsConfig returns how clients of an HTTPS or TLS port are met. It reads the port's plan at each
// handshake.
func (b *Balancer) tlsConfig(p *port) *tls.Config {
	config := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return b.certificate(p, hello) },
	}
	// Policies whose name has nothing else take TLS 1.3 alone. All others begin at TLS 1.2: older
	// versions, which some policies of elbv2 have, are not offered.
	if strings.HasPrefix(p.plan.Load().listeners[0].spec.Listener.SSLPolicy, "ELBSecurityPolicy-TLS13-1-3-") {
		config.MinVersion = tls.VersionTLS13
	}
	if b.cfg.Certificates != nil {
		config.NextProtos = []string{acmeTLS}
	}
	return config
}

// The times for which clients wait for a certificate while a new agent has not been told them yet.
const (
	certificateWait  = 5 * time.Second // from New on
	certificatePause = 50 * time.Millisecond
)

// certificate chooses the certificate for a client among those of the listeners that share a port.
func (b *Balancer) certificate(p *port, hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	for {
		c, err := b.certificateNow(p, hello)
		if err == nil || b.cfg.Now().Sub(b.since) > certificateWait {
			return c, err
		}
		select {
		case <-time.After(certificatePause):
		case <-hello.Context().Done():
			return nil, err
		}
	}
}

func (b *Balancer) certificateNow(p *port, hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	list := p.plan.Load().listeners
	for _, l := range list {
		if c := b.certs.find(&l.spec.Listener, hello.ServerName); c != nil {
			return c, nil
		}
	}
	var errs []error
	if b.cfg.Certificates != nil {
		for _, l := range list {
			c, err := b.cfg.Certificates(*l.spec, hello)
			if c != nil && err == nil {
				return c, nil
			}
			errs = append(errs, err)
		}
	}
	for _, l := range list {
		if c := b.certs.first(&l.spec.Listener); c != nil {
			return c, nil
		}
		if b.cfg.DefaultCertificate == nil {
			continue
		}
		if c := b.cfg.DefaultCertificate(*l.spec); c != nil {
			return c, nil
		}
	}
	return nil, errors.Join(append(errs, fmt.Errorf("no certificate for %q", hello.ServerName))...)
}
