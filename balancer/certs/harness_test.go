package certs_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gantry-project/gantry/balancer"
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
	http, tls int32 // ports of the listeners
	balancer  *balancer.Balancer
	// answering is the instance that the balancer belongs to.
	answering atomic.Pointer[certs.Certificates]
	listener  structs.TrafficListener
}

// freePort returns a port that nobody listens on.
func freePort(t *testing.T) int32 {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return int32(l.Addr().(*net.TCPAddr).Port)
}

// newCluster returns a cluster with an HTTPS listener without certificates, and maybe one of HTTP.
func newCluster(t *testing.T, life time.Duration, plain, secure bool) *cluster {
	c := &cluster{T: t, http: freePort(t), tls: freePort(t)}
	c.node = singlenode.New(t, func(config *control.Config) { config.Now = time.Now })
	c.authority = acme.Start(t, acme.Config{HTTPPort: int(c.http), TLSPort: int(c.tls), Life: life})
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
	c.balance()
	c.serve(plain)
	return c
}

// balance starts a balancer, whose certificates are those of the instance that answers.
func (c *cluster) balance() {
	c.balancer = balancer.New(balancer.Config{
		Address: "127.0.0.1", Grace: time.Second, Logger: slog.New(slog.NewTextHandler(c.Output(), nil)),
		Certificates: func(l structs.TrafficListener, hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			return c.answering.Load().GetCertificate(l, hello)
		},
		DefaultCertificate: func(l structs.TrafficListener) *tls.Certificate { return c.answering.Load().Default(l) },
		HTTPChallenge:      func(host, path string) (string, bool) { return c.answering.Load().HTTPChallenge(host, path) },
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); c.balancer.Run(ctx) }()
	c.Cleanup(func() { cancel(); <-ended })
}

// serve opens the HTTPS listener with its certificates, and maybe one of HTTP.
func (c *cluster) serve(plain bool) {
	do := []structs.RuleAction{{Type: structs.ActionFixedResponse, Fixed: &structs.FixedResponse{Status: 200, Body: "here"}}}
	secure := c.listener
	secure.Listener.ID, secure.Listener.Protocol, secure.Listener.Port, secure.Listener.DefaultActions = "secure", structs.ProtocolHTTPS, c.tls, do
	frame := structs.TrafficFrame{Full: true, Listeners: []structs.TrafficListener{secure}}
	if plain {
		frame.Listeners = append(frame.Listeners, structs.TrafficListener{
			Listener: structs.Listener{ID: "plain", Protocol: structs.ProtocolHTTP, Port: c.http, DefaultActions: do},
		})
	}
	c.balancer.Apply(frame)
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
	conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", c.tls), &tls.Config{ServerName: name, RootCAs: roots})
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
