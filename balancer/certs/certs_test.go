package certs_test

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control/certificates"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// A host that a rule of an HTTPS listener names gets a certificate with nothing else to do, by
// TLS-ALPN-01 alone; the instance that does not order answers the challenge, and both serve the
// same certificate. Other names get none.
func TestClaimedHost(t *testing.T) {
	c := newCluster(t, 0, false, true)
	first, second := c.ingress(), c.ingress()
	c.claim("web.example.org")
	one := c.serves(first, "web.example.org", nil)
	if two := c.serves(second, "web.example.org", nil); !one.Equal(two) {
		t.Error("two ingress instances serve different certificates")
	}
	if n := c.authority.Orders.Load(); n != 1 {
		t.Errorf("%d orders for one certificate", n)
	}
	if got := c.served(first, "other.example.org"); got != nil {
		t.Errorf("a name that nobody claims is served with a certificate for %v", got.DNSNames)
	}
}

// RequestCertificate orders by HTTP-01, one certificate for all names. Whichever instance the
// authority asks answers, though another ordered.
func TestRequestedCertificate(t *testing.T) {
	c := newCluster(t, 0, true, false)
	first, second := c.ingress(), c.ingress()
	for _, domain := range []string{"a.example.org", "b.example.org", "c.example.org"} {
		// over some names each of the instances orders, and the first answers all
		c.answering.Store(first.Certificates)
		made, err := c.verbs.Request(t.Context(), certificates.RequestInput{Domain: domain, Names: []string{"www." + domain}})
		if err != nil {
			t.Fatal(err)
		}
		c.until(domain+" is issued", func() bool { return c.row(made.ID).Chain != "" })
		c.listener.Listener.Certificates = []string{"arn:aws:acm:us-east-1:000000000000:certificate/" + made.ID}
		c.update(func(tx *state.Tx) {
			tx.PutListener(&structs.Listener{ID: "secure", LoadBalancer: "b", Protocol: structs.ProtocolHTTPS, Port: 443, Certificates: c.listener.Listener.Certificates})
		})
		c.serve(true)
		c.serves(first, domain, nil)
		c.serves(second, "www."+domain, nil)
	}
}

func (c *cluster) row(id string) *structs.Certificate { return c.node.Store.Snapshot().Certificate(id) }

// A certificate is renewed when a third of its life is left, once, and served without a restart.
func TestRenewal(t *testing.T) {
	const life = 9 * time.Second
	c := newCluster(t, life, true, true)
	first, second := c.ingress(), c.ingress()
	c.claim("web.example.org")
	old := c.serves(first, "web.example.org", nil)
	issued := time.Now()
	next := c.serves(second, "web.example.org", func(got *x509.Certificate) bool { return !got.Equal(old) })
	if age := time.Since(issued); age < life/3 {
		t.Errorf("renewed %v after it was issued, of a life of %v", age, life)
	}
	if time.Now().After(old.NotAfter) {
		t.Error("the old certificate ended before the new one was served")
	}
	c.serves(first, "web.example.org", next.Equal)
	if n := c.authority.Orders.Load(); n != 2 {
		t.Errorf("%d orders for a certificate that was renewed once", n)
	}
}

// The instance that orders is killed in the middle of it. Another one gets the certificate when the
// lease has ended.
func TestKilledWhileOrdering(t *testing.T) {
	c := newCluster(t, 0, true, true)
	c.authority.Hold = make(chan struct{})
	instances := []*instance{c.ingress(), c.ingress()}
	c.claim("web.example.org")
	c.until("the order has begun", func() bool { return c.authority.Orders.Load() == 1 })
	var holder string
	for one := range c.node.Store.Snapshot().Certificates() {
		holder, _, _ = strings.Cut(one.Order.Holder, "/")
	}
	for _, i := range instances {
		if i.id == holder {
			i.cut.Store(true) // it dies without a word
			i.kill()
			c.node.MustApply(t, structs.SetAgentConnected{Instances: []string{i.id}})
		}
	}
	close(c.authority.Hold)
	for _, i := range instances {
		if i.id != holder {
			c.serves(i, "web.example.org", nil)
		}
	}
}

// A failed order is shown with the authority's reason and is tried again later; a person can have
// it tried at once.
func TestFailure(t *testing.T) {
	c := newCluster(t, 0, true, true)
	c.ingress()
	c.balancer.Apply(structs.TrafficFrame{Full: true}) // the authority reaches nobody
	c.claim("web.example.org")
	var row *structs.Certificate
	c.until("the failure is shown", func() bool {
		for row = range c.node.Store.Snapshot().Certificates() {
		}
		return row != nil && row.Order.Problem != ""
	})
	if !strings.Contains(row.Order.Problem, "refused") && !strings.Contains(row.Order.Problem, "Failed to connect") {
		t.Errorf("the problem is %q", row.Order.Problem)
	}
	if wait := row.Order.Next - row.Order.FailedAt; wait != 60_000 {
		t.Errorf("it is tried again %d ms after the first failure", wait)
	}
	if err := c.verbs.Renew(t.Context(), row.ID); err != nil {
		t.Fatal(err)
	}
	before := c.authority.Orders.Load()
	c.until("it is tried again at once", func() bool { return c.authority.Orders.Load() > before })
}
