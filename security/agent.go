package security

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// proofLife is how old a request for a certificate may be. A copy of one would not help anyone
// anyway: the certificate is for the key in the request.
const proofLife = 5 * time.Minute

// Enrolment asks a server for an agent's certificate.
type Enrolment struct {
	// Request is a PKCS #10 request in DER. Its private key never leaves the agent.
	Request []byte `json:"request"`
	// At is when the request was made, in seconds since 1970.
	At int64 `json:"at"`
	// Proof shows that the agent has the agents' key: HMAC-SHA-256 over At and Request.
	Proof []byte `json:"proof"`
}

// Enrolled is the answer to an Enrolment.
type Enrolled struct {
	// Chain is the agent's certificate and the authority's, in DER.
	Chain [][]byte `json:"chain"`
	// GossipKey is the current key of gossip.
	GossipKey []byte `json:"gossipKey"`
}

func (k AgentKey) proof(at int64, request []byte) []byte {
	mac := hmac.New(sha256.New, k.Proof[:])
	_ = binary.Write(mac, binary.BigEndian, at) // a hash never fails
	mac.Write(request)
	return mac.Sum(nil)
}

// Enrol certifies an agent that has the agents' key for the id of its container instance.
func (a *Authority) Enrol(key AgentKey, in Enrolment, id string, now time.Time) ([][]byte, error) {
	if !hmac.Equal(in.Proof, key.proof(in.At, in.Request)) {
		return nil, errors.New("the agent's key is not that of this installation")
	}
	if age := now.Sub(time.Unix(in.At, 0)).Abs(); age > proofLife {
		return nil, fmt.Errorf("the request was made %s ago: the clocks of agent and server differ", age.Round(time.Second))
	}
	request, err := x509.ParseCertificateRequest(in.Request)
	if err == nil {
		err = request.CheckSignature()
	}
	if err != nil {
		return nil, fmt.Errorf("the request for a certificate is not valid: %w", err)
	}
	leaf, err := a.sign(request.PublicKey, Identity{RoleAgent, id}, nil, now)
	if err != nil {
		return nil, err
	}
	return [][]byte{leaf.Raw, a.cert.Raw}, nil
}

// AgentCertificate is the certificate of an agent, which servers renew. Safe for concurrent use.
type AgentCertificate struct {
	key AgentKey
	own *ecdsa.PrivateKey

	mu      sync.Mutex
	current *tls.Certificate // nil: not enrolled yet
}

// NewAgentCertificate creates the agent's own key, which lives as long as the process.
func NewAgentCertificate(key AgentKey) (*AgentCertificate, error) {
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return &AgentCertificate{key: key, own: own}, nil
}

// Due reports whether it is time for the agent to enrol, for the first time or again.
func (c *AgentCertificate) Due(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current == nil || now.After(c.current.Leaf.NotAfter.Add(-certificateLife/2))
}

// Request returns an enrolment to send.
func (c *AgentCertificate) Request(now time.Time) (Enrolment, error) {
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, c.own)
	if err != nil {
		return Enrolment{}, fmt.Errorf("make a request for a certificate: %w", err)
	}
	at := now.Unix()
	return Enrolment{Request: request, At: at, Proof: c.key.proof(at, request)}, nil
}

// Take sets the certificate that a server gave.
func (c *AgentCertificate) Take(chain [][]byte) error {
	if len(chain) == 0 {
		return errors.New("the server gave no certificate")
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return fmt.Errorf("read the certificate that the server gave: %w", err)
	}
	if public, ok := leaf.PublicKey.(*ecdsa.PublicKey); !ok || !public.Equal(c.own.Public()) {
		return errors.New("the server gave a certificate for another key")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current = &tls.Certificate{Certificate: chain, PrivateKey: c.own, Leaf: leaf}
	return nil
}

// DialServers returns the TLS settings for calls to servers. Before the first enrolment the agent
// shows no certificate. A server is known by the fingerprint of its authority, which is in the
// agent's key. Later connections resume the session of the first, which costs both sides a
// fraction: thousands of agents that connect at once are the hardest load for servers.
func (c *AgentCertificate) DialServers() *tls.Config {
	config := dialServers(func(chain []*x509.Certificate) error {
		roots := x509.NewCertPool()
		at := slices.IndexFunc(chain, func(cert *x509.Certificate) bool { return fingerprint(cert) == c.key.Authority })
		if at >= 0 {
			roots.AddCert(chain[at])
		}
		return verifyServer(chain, roots)
	})
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.current == nil {
			return &tls.Certificate{}, nil
		}
		return c.current, nil
	}
	config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	return config
}
