package certs

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"

	"github.com/gantry-project/gantry/structs"
)

const (
	// orderTime bounds an order, most of which is the authority's.
	orderTime = 5 * time.Minute
	// prolong is how often a lease of 30 seconds is prolonged.
	prolong = 8 * time.Second
	// reportTime bounds the report of an order, which is also made when the process is ending.
	reportTime = 10 * time.Second
)

// account is the account with an authority.
type account struct {
	of     structs.ACMESettings
	client *acmez.Client
	acme   acme.Account
}

// begin orders a certificate, unless that is under way.
func (c *Certificates) begin(ctx context.Context, in structs.CertificateRequest, answer structs.IngressCertificates) {
	key := in.Names[0]
	c.mu.Lock()
	defer c.mu.Unlock()
	if answer.ACME == nil || c.running[key] {
		return
	}
	c.running[key] = true
	c.orders.Go(func() {
		defer func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.running, key)
		}()
		select {
		case c.slots <- struct{}{}:
			defer func() { <-c.slots }()
			c.order(ctx, in, answer)
		case <-ctx.Done():
		}
	})
}

// order orders a certificate under a lease, and reports how it went.
func (c *Certificates) order(ctx context.Context, in structs.CertificateRequest, answer structs.IngressCertificates) {
	leased, err := c.servers.ACMECall(ctx, structs.ACMECall{Operation: structs.ACMELease, Holder: c.holder, Certificate: in})
	if err != nil {
		if structs.KindOf(err) != structs.KindConflict { // another has the lease, or it is done
			c.log.Warn("a certificate cannot be ordered now", "names", in.Names, "error", err)
		}
		return
	}
	in.ID = leased.ID
	ordering, end := context.WithTimeout(ctx, orderTime)
	defer end()
	go c.keepLease(ordering, end, in)
	c.log.Info("ordering a certificate", "names", in.Names, "authority", answer.ACME.Directory)
	chain, key, err := c.obtain(ordering, in, answer)
	if ctx.Err() != nil {
		return // the process ends; the lease does, too, and another instance orders
	}
	report := structs.ACMECall{Operation: structs.ACMEReport, Holder: c.holder, Certificate: in, Chain: chain, Key: key}
	if err != nil {
		report.Chain, report.Key, report.Problem = "", "", problemOf(err)
		c.log.Warn("a certificate could not be ordered", "names", in.Names, "error", err)
	} else {
		c.log.Info("a certificate was issued", "names", in.Names)
	}
	for try := 0; ; try++ {
		reporting, cancel := context.WithTimeout(ctx, reportTime)
		_, err := c.servers.ACMECall(reporting, report)
		cancel()
		if err == nil {
			return
		}
		if kind := structs.KindOf(err); try == 3 || kind == structs.KindConflict || kind == structs.KindResourceNotFound {
			c.log.Warn("the order of a certificate could not be reported; it will be ordered again", "names", in.Names, "error", err)
			return
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// keepLease prolongs a lease until ctx ends. It calls lost when another has it.
func (c *Certificates) keepLease(ctx context.Context, lost func(), in structs.CertificateRequest) {
	again := time.NewTicker(prolong)
	defer again.Stop()
	for {
		select {
		case <-again.C:
		case <-ctx.Done():
			return
		}
		_, err := c.servers.ACMECall(ctx, structs.ACMECall{Operation: structs.ACMELease, Holder: c.holder, Certificate: in})
		if err != nil && structs.KindOf(err) == structs.KindConflict {
			lost()
			return
		}
	}
}

// problemOf returns an error for people, in one line.
func problemOf(err error) string {
	if problem, ok := errors.AsType[acme.Problem](err); ok {
		text := problem.Detail
		for _, sub := range problem.Subproblems {
			text += "; " + sub.Identifier.Value + ": " + sub.Detail
		}
		if text != "" {
			return text
		}
	}
	return err.Error()
}

// obtain orders a certificate from the authority, and returns its chain and key, PEM.
func (c *Certificates) obtain(ctx context.Context, in structs.CertificateRequest, answer structs.IngressCertificates) (chain, key string, err error) {
	account, err := c.accountOf(ctx, *answer.ACME)
	if err != nil {
		return "", "", err
	}
	client := &acmez.Client{Client: account.client.Client, ChallengeSolvers: map[string]acmez.Solver{}}
	if answer.HTTP {
		client.ChallengeSolvers[acme.ChallengeTypeHTTP01] = solver{c.servers}
	}
	if answer.TLS {
		client.ChallengeSolvers[acme.ChallengeTypeTLSALPN01] = solver{c.servers}
	}
	private, text, err := newKey()
	if err != nil {
		return "", "", err
	}
	list, err := client.ObtainCertificateForSANs(ctx, account.acme, private, in.Names)
	if err != nil {
		c.forget(account)
		return "", "", err
	}
	if len(list) == 0 {
		return "", "", errors.New("the certificate authority answered without a certificate")
	}
	return string(list[0].ChainPEM), text, nil
}

// newKey returns a private key, and the same PEM.
func newKey() (*ecdsa.PrivateKey, string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, "", err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})), err
}

// forget makes the next order look the account up again: it may be gone.
func (c *Certificates) forget(a *account) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.account == a {
		c.account = nil
	}
}

// accountOf returns the cluster's account with an authority. The first order makes it; its key is
// shared by all ingress instances, and so is the account: the authority finds it by the key.
func (c *Certificates) accountOf(ctx context.Context, of structs.ACMESettings) (*account, error) {
	c.mu.Lock()
	known := c.account
	c.mu.Unlock()
	if known != nil && known.of == of {
		return known, nil
	}
	key, err := c.accountKey(ctx, of)
	if err != nil {
		return nil, err
	}
	http, err := clientOf(of)
	if err != nil {
		return nil, err
	}
	made := &account{of: of, client: &acmez.Client{Client: &acme.Client{Directory: of.Directory, HTTPClient: http, UserAgent: "gantry", Logger: c.log}}}
	made.acme = acme.Account{TermsOfServiceAgreed: true, PrivateKey: key}
	if of.Email != "" {
		made.acme.Contact = []string{"mailto:" + of.Email}
	}
	if made.acme, err = made.client.NewAccount(ctx, made.acme); err != nil {
		return nil, fmt.Errorf("open an account with the certificate authority %s: %w", of.Directory, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.account = made
	return made, nil
}

// accountKey returns the key of the cluster's account with an authority.
func (c *Certificates) accountKey(ctx context.Context, of structs.ACMESettings) (*ecdsa.PrivateKey, error) {
	sum := sha256.Sum256([]byte(of.Directory + " " + of.Email))
	call := structs.ACMECall{Operation: structs.ACMELoad, Path: structs.ACMEAccounts + hex.EncodeToString(sum[:8])}
	answer, err := c.servers.ACMECall(ctx, call)
	if err != nil {
		return nil, err
	}
	if !answer.Found {
		_, text, err := newKey()
		if err != nil {
			return nil, err
		}
		call.Operation, call.New, call.Value = structs.ACMEStore, true, []byte(text)
		if answer, err = c.servers.ACMECall(ctx, call); err != nil {
			return nil, err
		}
	}
	block, _ := pem.Decode(answer.Value)
	if block == nil {
		return nil, errors.New("the key of the account with the certificate authority is not PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the key of the account with the certificate authority is a %T", key)
	}
	return ec, nil
}

// clientOf returns an HTTP client that trusts an authority's own roots, if it has some.
func clientOf(of structs.ACMESettings) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if of.Roots != "" {
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM([]byte(of.Roots)) {
			return nil, errors.New("--acme-ca-file has no certificate")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	return &http.Client{Transport: transport, Timeout: time.Minute}, nil
}

func randomText() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}
