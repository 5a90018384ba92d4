package certificates_test

import (
	"crypto/tls"
	"crypto/x509"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control/certificates"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/pair"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// harness is a cluster with an ingress instance and an HTTPS listener.
type harness struct {
	*testing.T
	node    *singlenode.Node
	verbs   *certificates.Certificates
	ingress string
}

func newHarness(t *testing.T, change func(*certificates.Config)) *harness {
	node := singlenode.New(t)
	config := certificates.Config{Control: node.Control, Vault: node.Vault, Log: node}
	change(&config)
	h := &harness{T: t, node: node, verbs: certificates.New(config)}
	row, err := node.Control.RegisterInstance(t.Context(), structs.ContainerInstance{Cluster: "default", Ingress: true})
	h.must(err)
	h.ingress = row.ID
	node.MustApply(t, structs.SetAgentConnected{Instances: []string{row.ID}, Connected: true, At: row.RegisteredAt})
	h.listener(nil)
	return h
}

func (h *harness) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// listener makes the HTTPS listener have some certificates, and rules for some hosts.
func (h *harness) listener(arns []string, hosts ...string) {
	h.must(h.node.Store.Update(h.node.Store.Snapshot().Index(), func(tx *state.Tx) error {
		tx.PutListener(&structs.Listener{ID: "l", Protocol: structs.ProtocolHTTPS, Port: 443, Certificates: arns})
		tx.PutListenerRule(&structs.ListenerRule{ID: "r", Listener: "l", Conditions: []structs.RuleCondition{{Field: structs.FieldHostHeader, Values: hosts}}})
		return nil
	}))
}

// shown asks what the instance needs until that has something.
func (h *harness) shown(has func(structs.IngressCertificates) bool) structs.IngressCertificates {
	h.Helper()
	digest := ""
	for range 20 {
		out, err := h.verbs.Ingress(h.Context(), h.ingress, digest)
		h.must(err)
		if has(out) {
			return out
		}
		digest = out.Digest
	}
	h.Fatal("it is never shown")
	return structs.IngressCertificates{}
}

// The keys of certificates are sealed, survive a rotation of the key of secrets, and reach only the
// agents of ingress instances.
func TestKeys(t *testing.T) {
	h := newHarness(t, func(*certificates.Config) {})
	leaf, _, key := pair.Issued(t, "web.example.org")
	made, err := h.verbs.Import(t.Context(), certificates.ImportInput{Certificate: []byte(leaf), Key: []byte(key)})
	h.must(err)
	arn := "arn:aws:acm:us-east-1:000000000000:" + made.Resource()
	h.listener([]string{arn})
	if sealed := h.node.Store.Snapshot().Certificate(made.ID).Key; strings.Contains(string(sealed.Content), "PRIVATE") {
		t.Error("the key is in state as it is")
	}
	out, err := h.node.Vault.RotateKey(t.Context())
	h.must(err)
	if out.Values != 1 || len(out.Unreadable) > 0 {
		t.Errorf("rotated: %+v", out)
	}
	got := h.shown(func(a structs.IngressCertificates) bool { return len(a.Certificates) == 1 })
	if one := got.Certificates[0]; one.ARN != arn || one.Key != key || one.Chain != leaf {
		t.Errorf("the ingress instance gets %+v", one)
	}
	other := h.node.AddInstance(t, structs.DefaultCluster, 1024, 1024)
	if _, err := h.verbs.Ingress(t.Context(), other.ID, ""); structs.KindOf(err) != structs.KindInvalidParameter {
		t.Errorf("an instance that is no ingress instance: %v", err)
	}
	if _, err := h.verbs.ACMECall(t.Context(), other.ID, structs.ACMECall{Operation: structs.ACMELoad, Path: "accounts/a"}); err == nil {
		t.Error("an instance that is no ingress instance may load the key of an account")
	}
}

// A rotation does not lose what ingress instances share either.
func TestRotationOfSharedFiles(t *testing.T) {
	h := newHarness(t, func(c *certificates.Config) { c.ACME = &structs.ACMESettings{Directory: "https://ca.example.org/"} })
	store := structs.ACMECall{Operation: structs.ACMEStore, Path: "accounts/a", Value: []byte("first"), New: true}
	_, err := h.verbs.ACMECall(t.Context(), h.ingress, store)
	h.must(err)
	_, err = h.node.Vault.RotateKey(t.Context())
	h.must(err)
	store.Value = []byte("second")
	got, err := h.verbs.ACMECall(t.Context(), h.ingress, store)
	h.must(err)
	if string(got.Value) != "first" {
		t.Errorf("the account of two instances that order at once is %q", got.Value)
	}
	for _, path := range []string{structs.LocalAuthority, "other/x", ""} {
		if _, err := h.verbs.ACMECall(t.Context(), h.ingress, structs.ACMECall{Operation: structs.ACMELoad, Path: path}); structs.KindOf(err) != structs.KindAccessDenied {
			t.Errorf("an agent loads %q: %v", path, err)
		}
	}
}

// One instance at a time orders, the same until it is gone; it cannot report when its lease went to
// another.
func TestLease(t *testing.T) {
	h := newHarness(t, func(c *certificates.Config) { c.ACME = &structs.ACMESettings{Directory: "https://ca.example.org/"} })
	h.node.SetStep(0)
	h.listener(nil, "web.example.org", "*.pattern.org", "a?.org", "localhost.")
	out := h.shown(func(a structs.IngressCertificates) bool { return len(a.Orders) > 0 })
	if len(out.Orders) != 1 || !slices.Equal(out.Orders[0].Names, []string{"web.example.org"}) {
		t.Fatalf("to order: %+v", out.Orders)
	}
	lease := structs.ACMECall{Operation: structs.ACMELease, Holder: "one", Certificate: out.Orders[0]}
	leased, err := h.verbs.ACMECall(t.Context(), h.ingress, lease)
	h.must(err)
	lease.Certificate.ID = leased.ID
	lease.Holder = "two"
	if _, err := h.verbs.ACMECall(t.Context(), h.ingress, lease); structs.KindOf(err) != structs.KindConflict {
		t.Errorf("two hold one lease: %v", err)
	}
	h.node.Advance(t, 31*time.Second)
	_, err = h.verbs.ACMECall(t.Context(), h.ingress, lease)
	h.must(err)
	report := structs.ACMECall{Operation: structs.ACMEReport, Holder: "one", Certificate: lease.Certificate, Problem: "p"}
	if _, err := h.verbs.ACMECall(t.Context(), h.ingress, report); structs.KindOf(err) != structs.KindConflict {
		t.Errorf("a report without the lease: %v", err)
	}
	report.Holder = "two"
	waits := []structs.Time{}
	for range 6 {
		_, err = h.verbs.ACMECall(t.Context(), h.ingress, report)
		h.must(err)
		order := h.node.Store.Snapshot().Certificate(leased.ID).Order
		waits = append(waits, (order.Next-order.FailedAt)/60_000)
		h.must(h.node.Store.Update(h.node.Store.Snapshot().Index(), func(tx *state.Tx) error {
			c := *tx.Certificate(leased.ID)
			c.Order.Holder = h.ingress + "/two"
			tx.PutCertificate(&c)
			return nil
		}))
	}
	if !slices.Equal(waits, []structs.Time{1, 4, 16, 64, 256, 360}) {
		t.Errorf("minutes between attempts: %v", waits)
	}
}

// Gantry dev's own authority issues for every host that a rule names, wildcards too, and for
// localhost. It is made once.
func TestLocalAuthority(t *testing.T) {
	h := newHarness(t, func(c *certificates.Config) { c.Local = true })
	h.listener(nil, "web.test.org", "*.apps.test.org")
	out := h.shown(func(a structs.IngressCertificates) bool { return len(a.Certificates) == 3 })
	root, err := h.verbs.Root(t.Context())
	h.must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	for _, want := range []string{"web.test.org", "x.apps.test.org", "localhost", "127.0.0.1"} {
		verified := slices.ContainsFunc(out.Certificates, func(c structs.TrafficCertificate) bool {
			pair, err := tls.X509KeyPair([]byte(c.Chain), []byte(c.Key))
			h.must(err)
			_, err = pair.Leaf.Verify(x509.VerifyOptions{DNSName: want, Roots: roots, CurrentTime: h.verbs.Now().Std()})
			return err == nil
		})
		if !verified {
			t.Errorf("no certificate for %s", want)
		}
	}
	again := certificates.New(certificates.Config{Control: h.node.Control, Vault: h.node.Vault, Log: h.node, Local: true})
	if other, err := again.Root(t.Context()); err != nil || string(other) != string(root) {
		t.Errorf("another process has another authority: %v", err)
	}
}

// An imported certificate is enough for the hosts that it covers: nothing is ordered for them.
// Without any authority the reason is told.
func TestClaimsThatAreCovered(t *testing.T) {
	h := newHarness(t, func(*certificates.Config) {})
	h.listener(nil, "web.example.org")
	out := h.shown(func(structs.IngressCertificates) bool { return true })
	if !strings.Contains(out.Problem, "--acme-email") {
		t.Errorf("the problem is %q", out.Problem)
	}
	h = newHarness(t, func(c *certificates.Config) { c.ACME = &structs.ACMESettings{Directory: "https://ca.example.org/"} })
	leaf, _, key := pair.Issued(t, "*.example.org")
	_, err := h.verbs.Import(t.Context(), certificates.ImportInput{Certificate: []byte(leaf), Key: []byte(key)})
	h.must(err)
	h.listener(nil, "web.example.org")
	out = h.shown(func(a structs.IngressCertificates) bool { return len(a.Certificates) > 0 })
	if len(out.Orders) > 0 {
		t.Errorf("it orders %+v", out.Orders)
	}
	snap := h.node.Store.Snapshot()
	if l := snap.Listener("l"); !certificates.HasHTTPS(snap, l, "WEB.example.org") || certificates.HasHTTPS(snap, l, "other.example.org") {
		t.Error("HTTPS is not for the host that the rule names alone")
	}
}
