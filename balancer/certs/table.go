package certs

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// ALPN is the protocol by which authorities validate names (RFC 8737). The tls.Config of a listener
// has it in NextProtos, after its own. A connection that negotiated it is closed after the
// handshake.
const ALPN = "acme-tls/1"

// table is what a server told. It never changes.
type table struct {
	answer structs.IngressCertificates
	arns   map[string]*entry
	names  map[string]*entry // host names, with wildcards, to the certificate that is valid longest
	first  *entry            // nil: there is none
}

// entry is a certificate that is ready to use.
type entry struct {
	from structs.TrafficCertificate
	pair *tls.Certificate
}

// newTable reads an answer. Certificates that an older table has are not read again.
func (c *Certificates) newTable(answer structs.IngressCertificates, old *table) *table {
	t := &table{answer: answer, arns: map[string]*entry{}, names: map[string]*entry{}}
	for _, one := range answer.Certificates {
		e := old.arns[one.ARN]
		if e == nil || e.from.Chain != one.Chain || e.from.Key != one.Key {
			pair, err := tls.X509KeyPair([]byte(one.Chain), []byte(one.Key))
			if err != nil { // the servers checked it
				c.log.Error("a certificate cannot be used", "certificate", one.ARN, "error", err)
				continue
			}
			e = &entry{one, &pair}
		}
		t.arns[one.ARN] = e
		if t.first == nil {
			t.first = e
		}
		for _, name := range one.Names {
			if is := t.names[name]; is == nil || is.pair.Leaf.NotAfter.Before(e.pair.Leaf.NotAfter) {
				t.names[name] = e
			}
		}
	}
	return t
}

// GetCertificate returns the certificate of a listener for the host that a client names, or nil if
// it has none for that. A listener without certificates has those of the hosts that its rules name.
func (c *Certificates) GetCertificate(listener structs.TrafficListener, hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.TrimSuffix(strings.ToLower(hello.ServerName), ".")
	if len(hello.SupportedProtos) == 1 && hello.SupportedProtos[0] == ALPN {
		return c.challengeCertificate(hello.Context(), name)
	}
	t := c.table.Load()
	if len(listener.Listener.Certificates) == 0 {
		return t.claimed(name)
	}
	return t.named(listener.Listener.Certificates, name), nil
}

// Default returns the certificate of a listener for clients that name no host or an unknown one:
// its first (elbv2). It returns nil if the listener has none.
func (c *Certificates) Default(listener structs.TrafficListener) *tls.Certificate {
	t := c.table.Load()
	for _, arn := range listener.Listener.Certificates {
		if e := t.arns[arn]; e != nil {
			return e.pair
		}
	}
	return nil
}

// wildcard returns the name of the wildcard for a host name.
func wildcard(name string) string {
	_, rest, _ := strings.Cut(name, ".")
	return "*." + rest
}

// named chooses among the certificates of a listener: exact names go before wildcards. It returns
// nil if none is for the host.
func (t *table) named(arns []string, name string) *tls.Certificate {
	if name == "" {
		return nil
	}
	for _, want := range []string{name, wildcard(name)} {
		for _, arn := range arns {
			if e := t.arns[arn]; e != nil && slices.Contains(e.from.Names, want) {
				return e.pair
			}
		}
	}
	return nil
}

// localhost is for clients that name no host, where there is a certificate for it (gantry dev).
const localhost = "localhost"

// claimed chooses among the certificates of hosts that rules name.
func (t *table) claimed(name string) (*tls.Certificate, error) {
	wants := []string{name, wildcard(name)}
	if name == "" {
		wants = []string{localhost}
	}
	for _, want := range wants {
		if e := t.names[want]; e != nil {
			return e.pair, nil
		}
	}
	switch {
	case name == "" && t.first != nil:
		return t.first.pair, nil
	case t.answer.Problem != "":
		return nil, fmt.Errorf("no certificate for %q: %s", name, t.answer.Problem)
	case slices.Contains(t.answer.Names, name):
		return nil, fmt.Errorf("the certificate for %q is not issued yet; gantry cert ls shows why", name)
	}
	return nil, fmt.Errorf("no certificate for %q: no rule of an HTTPS listener without certificates names it in a host-header condition", name)
}
