package certs_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gantry-project/gantry/balancer/certs"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/control/certificates"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/acme"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// cluster is a server with listeners, and a certificate authority.
type cluster struct {
	*testing.T
	node      *singlenode.Node
	verbs     *certificates.Certificates
	authority *acme.Authority
	http, tls net.Listener
	// answering is the instance that the listeners belong to.
	answering atomic.Pointer[certs.Certificates]
	listener  structs.TrafficListener
}

func listen(t *testing.T) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// newCluster returns a cluster with an HTTPS listener without certificates, and maybe one of HTTP.
func newCluster(t *testing.T, life time.Duration, plain, secure bool) *cluster {
	c := &cluster{T: t, http: listen(t), tls: listen(t)}
	c.node = singlenode.New(t, func(config *control.Config) { config.Now = time.Now })
	c.authority = acme.Start(t, acme.Config{
		HTTPPort: c.http.Addr().(*net.TCPAddr).Port, TLSPort: c.tls.Addr().(*net.TCPAddr).Port, Life: life,
	})
	c.verbs = certificates.New(certificates.Config{Control: c.node.Control, Vault: c.node.Vault, Log: c.node, ACME: &c.authority.ACMESettings})
	c.update(func(tx *state.Tx) {
		tx.PutLoadBalancer(&structs.LoadBalancer{ID: "b", Name: "front", Type: structs.LoadBalancerApplication})
		if plain {
			tx.PutListener(&structs.Listener{ID: "plain", LoadBalancer: "b", Protocol: structs.ProtocolHTTP, Port: 80})
		}
		if secure {
			c.listener.Listener = structs.Listener{ID: "secure", LoadBalancer: "b", Protocol: structs.ProtocolHTTPS, Port: 443}
			tx.PutListener(&c.listener.Listener)
		}
	})
	go func() { _ = http.Serve(c.http, http.HandlerFunc(c.answerHTTP)) }()
	go c.acceptTLS()
	return c
}

func (c *cluster) answerHTTP(w http.ResponseWriter, r *http.Request) {
	if now := c.answering.Load(); now != nil {
		if body, ok := now.HTTPChallenge(r.Host, r.URL.Path); ok {
			_, _ = w.Write([]byte(body))
			return
		}
	}
	http.NotFound(w, r)
}

func (c *cluster) acceptTLS() {
	config := &tls.Config{NextProtos: []string{"http/1.1", certs.ALPN}, GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		now := c.answering.Load()
		if found, err := now.GetCertificate(c.listener, hello); found != nil || err != nil {
			return found, err
		}
		return now.Default(c.listener), nil
	}}
	for {
		conn, err := c.tls.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			_ = tls.Server(conn, config).Handshake()
		}()
	}
}

// claim makes a rule of the HTTPS listener name a host.
func (c *cluster) claim(name string) {
	c.update(func(tx *state.Tx) {
		tx.PutListenerRule(&structs.ListenerRule{ID: name, Listener: "secure", Priority: 1, Conditions: []structs.RuleCondition{
			{Field: structs.FieldHostHeader, Values: []string{name}},
		}})
	})
}

// update changes state past the log: listeners have no commands here.
func (c *cluster) update(change func(*state.Tx)) {
	c.Helper()
	err := c.node.Store.Update(c.node.Store.Snapshot().Index(), func(tx *state.Tx) error { change(tx); return nil })
	if err != nil {
		c.Fatal(err)
	}
}

// instance is an ingress instance. Its network to the servers can be cut.
type instance struct {
	c    *cluster
	id   string
	cut  atomic.Bool
	kill context.CancelFunc
	*certs.Certificates
}

// ingress starts an ingress instance.
func (c *cluster) ingress() *instance {
	c.Helper()
	row, err := c.node.Control.RegisterInstance(c.Context(), structs.ContainerInstance{Cluster: "default", Ingress: true})
	if err != nil {
		c.Fatal(err)
	}
	c.node.MustApply(c.T, structs.SetAgentConnected{Instances: []string{row.ID}, Connected: true, At: row.RegisteredAt})
	i := &instance{c: c, id: row.ID}
	i.Certificates = certs.New(certs.Config{Servers: i, Logger: slog.New(slog.NewTextHandler(c.Output(), nil))})
	ctx, cancel := context.WithCancel(c.Context())
	i.kill = cancel
	ended := make(chan struct{})
	go func() { defer close(ended); i.Run(ctx) }()
	c.Cleanup(func() { cancel(); <-ended })
	c.answering.Store(i.Certificates)
	return i
}

func (i *instance) IngressCertificates(ctx context.Context, digest string) (structs.IngressCertificates, error) {
	if i.cut.Load() {
		return structs.IngressCertificates{}, structs.Errorf(structs.KindUnavailable, "cut")
	}
	return i.c.verbs.Ingress(ctx, i.id, digest)
}

func (i *instance) ACMECall(ctx context.Context, in structs.ACMECall) (structs.ACMEAnswer, error) {
	if i.cut.Load() {
		return structs.ACMEAnswer{}, structs.Errorf(structs.KindUnavailable, "cut")
	}
	return i.c.verbs.ACMECall(ctx, i.id, in)
}

// until waits until something holds, and fails the test after 40 seconds.
func (c *cluster) until(what string, holds func() bool) {
	c.Helper()
	end := time.Now().Add(40 * time.Second)
	for !holds() {
		if time.Now().After(end) {
			list, _ := c.verbs.List(c.Context())
			c.Fatalf("not within 40 seconds: %s; %+v", what, list)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-c.Context().Done():
			return
		}
	}
}

// served returns the certificate that a client of the HTTPS listener gets for a name, and whether
// it trusts that.
func (c *cluster) served(i *instance, name string) *x509.Certificate {
	c.Helper()
	c.answering.Store(i.Certificates)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(c.authority.Root))
	conn, err := tls.Dial("tcp", c.tls.Addr().String(), &tls.Config{ServerName: name, RootCAs: roots})
	if err != nil {
		return nil
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0]
}

// serves waits until an instance serves a name with a certificate that passes.
func (c *cluster) serves(i *instance, name string, passes func(*x509.Certificate) bool) (got *x509.Certificate) {
	c.Helper()
	c.until(name+" is served over HTTPS", func() bool {
		got = c.served(i, name)
		return got != nil && (passes == nil || passes(got))
	})
	if !slices.Contains(got.DNSNames, name) {
		c.Errorf("%s is served with a certificate for %v", name, got.DNSNames)
	}
	return got
}
