// Package certificates carries out what the cluster can be asked about certificates for HTTPS:
// import.go and request.go for users, ingress.go and acme.go for the agents of ingress instances.
// authority.go is the authority of gantry dev.
//
// Private keys are sealed as secrets are (control/vault). They are opened for ingress instances
// alone: no user gets one out again.
package certificates

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/control/vault"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// Config holds what Certificates need. Control, Vault and Log are required.
type Config struct {
	Control *control.Control
	Vault   *vault.Vault
	Log     control.Log
	// ACME says who issues certificates; nil: nobody, unless Local.
	ACME *structs.ACMESettings
	// Local has the cluster's own authority issue certificates (gantry dev).
	Local bool
}

// Certificates carries out verbs. It is safe for concurrent use.
type Certificates struct {
	Config

	mu     sync.Mutex
	view   *view                           // the newest; nil: none yet
	opened map[*structs.Certificate]string // keys of the view, PEM
	local  *authority                      // nil: not opened yet
}

// New returns Certificates.
func New(c Config) *Certificates { return &Certificates{Config: c} }

// noIssuer says why a server orders no certificates, and what helps.
const noIssuer = "no certificate authority is configured: start the servers with --acme-email ADDRESS (Let's Encrypt) " +
	"or --acme-directory URL, or import a certificate with gantry cert import"

// problem says why nobody issues certificates; empty if somebody does.
func (c *Certificates) problem() string {
	if c.ACME == nil && !c.Local {
		return noIssuer
	}
	return ""
}

// Read returns the state with every write that was acknowledged before the call.
func (c *Certificates) Read(ctx context.Context) (*state.Snapshot, error) {
	return c.Control.Read(ctx)
}

// Now returns the cluster's time.
func (c *Certificates) Now() structs.Time { return c.Control.Now() }

// Find returns the certificate with an ARN or an id.
func (c *Certificates) Find(ctx context.Context, arn string) (*structs.Certificate, *state.Snapshot, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, nil, err
	}
	id := arn
	if strings.HasPrefix(arn, "arn:") {
		var ok bool
		if id, ok = structs.CertificateID(arn); !ok {
			return nil, nil, structs.Errorf(structs.KindInvalidARN, "The certificate ARN '%s' is not valid.", arn)
		}
	}
	if found := snap.Certificate(id); found != nil {
		return found, snap, nil
	}
	return nil, nil, structs.Errorf(structs.KindResourceNotFound, "Could not find certificate %s.", arn)
}

// UsedBy returns the listeners that use a certificate: those that name it, and those of whose rules
// it is for a host.
func UsedBy(snap *state.Snapshot, c *structs.Certificate) (list []*structs.Listener) {
	for l := range snap.AllListeners() {
		uses := false
		for _, arn := range l.Certificates {
			id, _ := structs.CertificateID(arn)
			uses = uses || id == c.ID
		}
		for _, name := range claimsOf(snap, l) {
			uses = uses || c.Claimed && c.Covers(name)
		}
		if uses {
			list = append(list, l)
		}
	}
	return list
}

// newID returns a random UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// put seals a key and puts a certificate.
func (c *Certificates) put(ctx context.Context, made structs.Certificate, key []byte, tags []structs.Tag, replace bool) (*structs.Certificate, error) {
	_, err := c.Vault.ApplySealed(ctx, func(seal vault.Seal) structs.Command {
		if key != nil {
			made.Key = seal(structs.CertificateSealName(made.ID), key)
		}
		return structs.PutCertificate{Certificate: made, Tags: tags, Replace: replace}
	})
	return &made, err
}
