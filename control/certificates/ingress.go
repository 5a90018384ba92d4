package certificates

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// view is what ingress instances need of a state.
type view struct {
	made    time.Time
	state   *state.Snapshot
	answer  structs.IngressCertificates // without orders and digest
	digest  string                      // of answer
	orders  []order
	ingress []string // ids of the connected ingress instances
}

// order is a certificate that is to be ordered now.
type order struct {
	structs.CertificateRequest
	holder string // of the lease; empty: nobody has it
}

const (
	// fresh is how long a view is used, and so how late a change is seen at most.
	fresh = 300 * time.Millisecond
	// held is how long a question of an ingress instance is held while nothing changes.
	held = 20 * time.Second
)

// Ingress returns what an ingress instance needs, when its digest is not the one that the instance
// has, or after some seconds.
func (c *Certificates) Ingress(ctx context.Context, instance, digest string) (structs.IngressCertificates, error) {
	end := time.NewTimer(held)
	defer end.Stop()
	again := time.NewTicker(fresh)
	defer again.Stop()
	for {
		out, err := c.forInstance(ctx, instance)
		if err != nil || out.Digest != digest {
			return out, err
		}
		select {
		case <-again.C:
		case <-end.C:
			return out, nil
		case <-ctx.Done():
			return out, nil
		}
	}
}

// isIngress fails unless an instance opens listeners.
func isIngress(snap *state.Snapshot, instance string) error {
	if i := snap.Instance(instance); i == nil || !i.Ingress {
		return structs.Errorf(structs.KindInvalidParameter, "container instance %s is not an ingress instance, so it gets no keys of certificates", instance)
	}
	return nil
}

func (c *Certificates) forInstance(ctx context.Context, instance string) (out structs.IngressCertificates, err error) {
	v, err := c.present(ctx)
	if err != nil {
		return out, err
	}
	if err := isIngress(v.state, instance); err != nil {
		return out, err
	}
	out = v.answer
	hash := sha256.New()
	hash.Write([]byte(v.digest))
	for _, o := range v.orders {
		own := strings.HasPrefix(o.holder, instance+"/")
		if !own && (o.holder != "" || v.keeper(o.Names[0]) != instance) {
			continue
		}
		out.Orders = append(out.Orders, o.CertificateRequest)
		hash.Write([]byte(strings.Join(o.Names, " ")))
	}
	out.Digest = hex.EncodeToString(hash.Sum(nil)[:16])
	return out, nil
}

// keeper returns the ingress instance that orders the certificate of a name: one of those that are
// connected, the same as long as they are, by the highest hash.
func (v *view) keeper(name string) (best string) {
	var most uint64
	for _, id := range v.ingress {
		h := fnv.New64a()
		_, _ = h.Write([]byte(id + " " + name)) // never fails
		if sum := h.Sum64(); best == "" || sum > most {
			best, most = id, sum
		}
	}
	return best
}

// present returns a view of this server's state that is at most fresh old.
func (c *Certificates) present(ctx context.Context) (*view, error) {
	if c.Local { // outside of the lock, which it takes itself
		if _, err := c.authority(ctx); err != nil {
			return nil, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.view != nil && time.Since(c.view.made) < fresh {
		return c.view, nil
	}
	snap, err := c.Control.Read(control.AllowStale(ctx))
	if err != nil {
		return nil, err
	}
	v := &view{made: time.Now(), state: snap}
	if err := c.fill(v); err != nil {
		return nil, err
	}
	c.view = v
	return v, nil
}

// fill works out a view. The caller holds mu.
func (c *Certificates) fill(v *view) error {
	for i := range v.state.AllInstances() {
		if i.Ingress && i.AgentConnected {
			v.ingress = append(v.ingress, i.ID)
		}
	}
	claims, named := map[string]bool{}, map[string]bool{}
	for l := range v.state.AllListeners() {
		v.answer.HTTP = v.answer.HTTP || l.Protocol == structs.ProtocolHTTP
		v.answer.TLS = v.answer.TLS || l.Protocol == structs.ProtocolHTTPS
		for _, arn := range l.Certificates {
			named[arn] = true
		}
		for _, name := range claimsOf(v.state, l) {
			claims[name] = true
		}
		if c.Local && l.Protocol == structs.ProtocolHTTPS && len(l.Certificates) == 0 {
			claims[localhost] = true
		}
	}
	v.answer.ACME = c.ACME
	if len(claims) > 0 {
		v.answer.Problem = c.problem()
	}
	opened := map[*structs.Certificate]string{}
	defer func() { c.opened = opened }()
	for _, arn := range sorted(named) {
		id, _ := structs.CertificateID(arn)
		if err := c.deliver(v, opened, v.state.Certificate(id), arn); err != nil {
			return err
		}
	}
	if err := c.fillClaims(v, opened, sorted(claims)); err != nil {
		return err
	}
	for one := range v.state.Certificates() {
		if one.Type == structs.CertificateIssued && !one.Claimed {
			c.order(v, one)
		}
	}
	slices.Sort(v.answer.Names)
	v.answer.Names = slices.Compact(v.answer.Names)
	raw, err := json.Marshal(v.answer)
	sum := sha256.Sum256(raw)
	v.digest = hex.EncodeToString(sum[:])
	return err
}

// fillClaims adds the certificates for names that rules claim, or their orders.
func (c *Certificates) fillClaims(v *view, opened map[*structs.Certificate]string, claims []string) error {
	now := c.Now()
	named := map[string][]*structs.Certificate{}
	for one := range v.state.Certificates() {
		for _, name := range one.Names {
			named[name] = append(named[name], one)
		}
	}
	for _, name := range claims {
		var best, ordered *structs.Certificate
		_, rest, _ := strings.Cut(name, ".")
		for _, one := range slices.Concat(named[name], named["*."+rest]) {
			if one.Claimed {
				ordered = one
			}
			if one.Status(now) == structs.CertificateValid && (best == nil || one.NotAfter > best.NotAfter) {
				best = one
			}
		}
		switch {
		case best != nil:
			if err := c.deliver(v, opened, best, best.Resource()); err != nil {
				return err
			}
		case c.Local:
			leaf, err := c.local.leaf(name, now.Std())
			if err != nil {
				return err
			}
			v.answer.Certificates = append(v.answer.Certificates, leaf)
		}
		if c.ACME == nil || name == localhost || strings.HasPrefix(name, "*.") {
			continue // no authority issues for them
		}
		switch {
		case ordered != nil && (best == nil || best == ordered):
			c.order(v, ordered)
		case best == nil:
			v.orders = append(v.orders, order{CertificateRequest: structs.CertificateRequest{Names: []string{name}}})
			v.answer.Names = append(v.answer.Names, name)
		}
	}
	return nil
}

// order adds the order of a certificate, if it is time for it.
func (c *Certificates) order(v *view, one *structs.Certificate) {
	if c.ACME == nil {
		return
	}
	v.answer.Names = append(v.answer.Names, one.Names...)
	now := c.Now()
	if one.RenewAt() > now || !v.answer.HTTP && !v.answer.TLS {
		return
	}
	o := order{CertificateRequest: structs.CertificateRequest{ID: one.ID, Names: one.Names}}
	if one.Order.Until > now {
		o.holder = one.Order.Holder
	}
	v.orders = append(v.orders, o)
}

// deliver adds a certificate with its key, if it is there and issued.
func (c *Certificates) deliver(v *view, opened map[*structs.Certificate]string, one *structs.Certificate, arn string) error {
	if one == nil || one.Chain == "" || slices.ContainsFunc(v.answer.Certificates, func(t structs.TrafficCertificate) bool { return t.ARN == arn }) {
		return nil
	}
	key, ok := c.opened[one]
	if !ok {
		raw, err := c.Vault.Unseal(v.state, structs.CertificateSealName(one.ID), one.Key)
		if err != nil {
			return err
		}
		key = string(raw)
	}
	opened[one] = key
	v.answer.Certificates = append(v.answer.Certificates, structs.TrafficCertificate{ARN: arn, Names: one.Names, Chain: one.Chain, Key: key})
	return nil
}

// localhost is the name that gantry dev always has a certificate for, with the addresses of
// loopback.
const localhost = "localhost"

// leaf returns a certificate for a name that a rule claims.
func (a *authority) leaf(name string, now time.Time) (structs.TrafficCertificate, error) {
	if one, ok := a.leaves[name]; ok {
		return one, nil
	}
	names := []string{name}
	if name == localhost {
		names = append(names, "127.0.0.1", "::1")
	}
	chain, key, err := a.issue(names, now)
	if err == nil {
		a.leaves[name] = structs.TrafficCertificate{ARN: "local/" + name, Names: names, Chain: chain, Key: string(key)}
	}
	return a.leaves[name], err
}

func sorted(set map[string]bool) (list []string) {
	for one := range set {
		list = append(list, one)
	}
	slices.Sort(list)
	return list
}
