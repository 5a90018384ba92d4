package certificates

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/control/vault"
	"github.com/gantry-project/gantry/structs"
)

// authority is the cluster's own certificate authority. It is made once and kept sealed in state.
type authority struct {
	root   *x509.Certificate
	pem    []byte // root
	key    *ecdsa.PrivateKey
	leaves map[string]structs.TrafficCertificate // issued for claimed names, by name
}

// The lives of what the authority issues. Browsers take at most 825 days from an authority that
// people added themselves.
const (
	rootLife = 10 * 365 * 24 * time.Hour
	leafLife = 397 * 24 * time.Hour
)

// Root returns the certificate of the cluster's own authority, PEM, for people to trust.
func (c *Certificates) Root(ctx context.Context) ([]byte, error) {
	if !c.Local {
		return nil, structs.Errorf(structs.KindUnsupportedFeature,
			"this cluster has no authority of its own, as gantry dev has: its certificates are ordered by ACME or imported")
	}
	a, err := c.authority(ctx)
	if err != nil {
		return nil, err
	}
	return a.pem, nil
}

// authority returns the cluster's authority, which the first call makes.
func (c *Certificates) authority(ctx context.Context) (*authority, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.local != nil {
		return c.local, nil
	}
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	if snap.ACMEFile(structs.LocalAuthority) == nil {
		content, err := newAuthority(c.Now().Std())
		if err != nil {
			return nil, fmt.Errorf("make the authority of certificates: %w", err)
		}
		_, err = c.Vault.ApplySealed(ctx, func(seal vault.Seal) structs.Command {
			return structs.PutACMEFile{New: true, File: structs.ACMEFile{
				Path: structs.LocalAuthority, At: c.Now(), Value: seal(structs.ACMESealName(structs.LocalAuthority), content),
			}}
		})
		if err != nil {
			return nil, err
		}
		if snap, err = c.Read(control.AllowStale(ctx)); err != nil {
			return nil, err
		}
	}
	content, err := c.Vault.Unseal(snap, structs.ACMESealName(structs.LocalAuthority), snap.ACMEFile(structs.LocalAuthority).Value)
	if err != nil {
		return nil, err
	}
	c.local, err = readAuthority(content)
	return c.local, err
}

// newAuthority returns a root and its key, PEM.
func newAuthority(now time.Time) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	var number [2]byte
	_, _ = rand.Read(number[:]) // so that people can tell two of them apart
	root := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{Organization: []string{"gantry dev"}, CommonName: fmt.Sprintf("gantry dev %x", number)},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(rootLife), IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, root, root, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return encode(der, nil, key)
}

// encode returns a certificate, the one that issued it, and the key, PEM. Each may be nil.
func encode(der, issuer []byte, key *ecdsa.PrivateKey) ([]byte, error) {
	var out bytes.Buffer
	for _, one := range [][]byte{der, issuer} {
		if one != nil {
			_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: one}) // a Buffer takes all
		}
	}
	if key == nil {
		return out.Bytes(), nil
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	_ = pem.Encode(&out, &pem.Block{Type: "PRIVATE KEY", Bytes: raw})
	return out.Bytes(), nil
}

func readAuthority(content []byte) (*authority, error) {
	block, rest := pem.Decode(content)
	keyBlock, _ := pem.Decode(rest)
	if block == nil || keyBlock == nil {
		return nil, fmt.Errorf("the authority in state is not PEM")
	}
	root, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return nil, err
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the authority in state has a key of type %T", key)
	}
	text, err := encode(root.Raw, nil, nil)
	return &authority{root: root, pem: text, key: ec, leaves: map[string]structs.TrafficCertificate{}}, err
}

// issueLocally gives a certificate a new chain of the cluster's authority, and returns its key.
func (c *Certificates) issueLocally(ctx context.Context, made *structs.Certificate) (key []byte, err error) {
	a, err := c.authority(ctx)
	if err != nil {
		return nil, err
	}
	now := c.Now()
	chain, key, err := a.issue(made.Names, now.Std())
	made.Chain, made.IssuedAt, made.NotBefore, made.NotAfter = chain, now, now-hour, now+structs.Time(leafLife.Milliseconds())
	return key, err
}

const hour = structs.Time(60 * 60 * 1000)

// issue returns a chain for names or addresses, and its key.
func (a *authority) issue(names []string, now time.Time) (chain string, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", nil, err
	}
	leaf := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: names[0]}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(leafLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			leaf.IPAddresses = append(leaf.IPAddresses, ip)
		} else {
			leaf.DNSNames = append(leaf.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, a.root, &private.PublicKey, a.key)
	if err != nil {
		return "", nil, fmt.Errorf("issue a certificate for %s: %w", names[0], err)
	}
	text, err := encode(der, a.root.Raw, nil)
	if err != nil {
		return "", nil, err
	}
	key, err = encode(nil, nil, private)
	return string(text), key, err
}

func serial() *big.Int {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	b[0] &= 0x7f
	return new(big.Int).SetBytes(b[:])
}
