package security

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/url"
	"strconv"
	"time"
)

// The roles that a certificate gives.
const (
	RoleServer = "server"
	RoleAgent  = "agent"
)

const (
	// certificateLife is how long the certificate of a server or agent is valid. It is renewed
	// after half of that.
	certificateLife = 24 * time.Hour
	// clockSkew is how far the clocks of two machines may differ for a new certificate to be valid.
	clockSkew = 10 * time.Minute
)

// Authority signs the certificates of servers and agents. Every server derives the same one from
// the secret. (P-256, because some clients of the AWS APIs do not know newer curves.)
type Authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

// Authority returns the installation's authority.
func (s Secret) Authority() (*Authority, error) {
	key, err := s.authorityKey()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Gantry"},
		// It is valid as long as the secret. All servers use the same dates, so that all make the
		// same certificate.
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2126, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(nil, template, template, key.Public(), steady{key})
	if err != nil {
		return nil, fmt.Errorf("make the authority's certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil, fmt.Errorf("make the authority's certificate: %w", err)
	}
	return &Authority{key: key, cert: cert}, nil
}

// authorityKey derives keys until one is a scalar of the curve, as all but one in 2^32 are.
func (s Secret) authorityKey() (*ecdsa.PrivateKey, error) {
	for try := range 8 {
		raw, err := s.derive("authority " + strconv.Itoa(try))
		if err != nil {
			return nil, err
		}
		if key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw); err == nil {
			return key, nil
		}
	}
	return nil, errors.New("the secret yields no authority: make another one with gantry keygen")
}

// steady signs without randomness (RFC 6979), so that every server makes the same certificate of
// the authority.
type steady struct{ *ecdsa.PrivateKey }

func (k steady) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.PrivateKey.Sign(nil, digest, opts)
}

func (a *Authority) fingerprint() [keySize]byte { return fingerprint(a.cert) }

func fingerprint(c *x509.Certificate) [keySize]byte { return sha256.Sum256(c.RawSubjectPublicKeyInfo) }

// PEM returns the authority's certificate, for clients to trust.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// Identity is whose a certificate is.
type Identity struct{ Role, ID string }

// uri returns the identity as it stands in a certificate.
func (i Identity) uri() *url.URL {
	return &url.URL{Scheme: "spiffe", Host: "gantry", Path: "/" + i.Role + "/" + i.ID}
}

// sign certifies a key for an identity. hosts are the addresses and names at which it is reached.
func (a *Authority) sign(public crypto.PublicKey, who Identity, hosts []string, now time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: who.Role + " " + who.ID}, URIs: []*url.URL{who.uri()},
		NotBefore: now.Add(-clockSkew), NotAfter: now.Add(certificateLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if who.Role == RoleServer {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.cert, public, a.key)
	if err != nil {
		return nil, fmt.Errorf("sign a certificate for %s %s: %w", who.Role, who.ID, err)
	}
	return x509.ParseCertificate(raw)
}
