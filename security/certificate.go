package security

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// ServerCertificate is a server's own certificate, made and renewed as needed. Safe for concurrent
// use.
type ServerCertificate struct {
	authority *Authority
	who       Identity
	hosts     []string
	now       func() time.Time

	mu      sync.Mutex
	current *tls.Certificate
}

// Server returns the certificate of a server that is reached at hosts (addresses and names).
func (a *Authority) Server(id string, hosts []string, now func() time.Time) *ServerCertificate {
	return &ServerCertificate{authority: a, who: Identity{RoleServer, id}, hosts: hosts, now: now}
}

func (c *ServerCertificate) get() (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if c.current != nil && now.Before(c.current.Leaf.NotAfter.Add(-certificateLife/2)) {
		return c.current, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	leaf, err := c.authority.sign(key.Public(), c.who, c.hosts, now)
	if err != nil {
		return nil, err
	}
	c.current = &tls.Certificate{Certificate: [][]byte{leaf.Raw, c.authority.cert.Raw}, PrivateKey: key, Leaf: leaf}
	return c.current, nil
}

// ListenClients returns the TLS settings of the listener for all callers. Clients need no
// certificate, but one that is shown must be from our authority.
func (c *ServerCertificate) ListenClients() *tls.Config {
	config := c.listen()
	config.ClientAuth = tls.VerifyClientCertIfGiven
	config.NextProtos = []string{"h2", "http/1.1"}
	return config
}

// ListenServers returns the TLS settings of a listener that only servers may call.
func (c *ServerCertificate) ListenServers() *tls.Config {
	config := c.listen()
	config.ClientAuth = tls.RequireAndVerifyClientCert
	config.VerifyConnection = requireRole(RoleServer)
	return config
}

func (c *ServerCertificate) listen() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, ClientCAs: c.authority.pool(),
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.get() },
	}
}

// DialServers returns the TLS settings for calls to other servers.
func (c *ServerCertificate) DialServers() *tls.Config {
	config := c.authority.dial()
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c.get() }
	return config
}

func (a *Authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// dial trusts whoever shows a server's certificate of the authority, at any address.
func (a *Authority) dial() *tls.Config {
	return dialServers(func(chain []*x509.Certificate) error {
		return verifyServer(chain, a.pool())
	})
}

func dialServers(verify func(chain []*x509.Certificate) error) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, InsecureSkipVerify: true, // VerifyConnection verifies
		VerifyConnection: func(state tls.ConnectionState) error { return verify(state.PeerCertificates) },
	}
}

func verifyServer(chain []*x509.Certificate, roots *x509.CertPool) error {
	if len(chain) == 0 {
		return errors.New("the other side shows no certificate")
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	if err != nil {
		return fmt.Errorf("the other side is not a server of this installation, or has another secret: %w", err)
	}
	if who, ok := IdentityOf(chain[0]); !ok || who.Role != RoleServer {
		return errors.New("the other side is not a server")
	}
	return nil
}

func requireRole(role string) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		if who, ok := CallerOf(&state); !ok || who.Role != role {
			return fmt.Errorf("only a %s may call here", role)
		}
		return nil
	}
}

// CallerOf returns who is at the other end of a connection whose certificate has been verified;
// false if no certificate was shown.
func CallerOf(state *tls.ConnectionState) (Identity, bool) {
	if state == nil || len(state.VerifiedChains) == 0 {
		return Identity{}, false
	}
	return IdentityOf(state.VerifiedChains[0][0])
}

// IdentityOf returns whose a certificate is.
func IdentityOf(c *x509.Certificate) (Identity, bool) {
	for _, u := range c.URIs {
		role, id, ok := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
		if ok && u.Scheme == "spiffe" && u.Host == "gantry" {
			return Identity{Role: role, ID: id}, true
		}
	}
	return Identity{}, false
}
