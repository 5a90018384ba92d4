package certificates

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// ImportInput is a certificate of somebody else's. All texts are PEM.
type ImportInput struct {
	ARN                     string // of the certificate to replace; empty: a new one
	Certificate, Key, Chain []byte
	Tags                    []structs.Tag
}

func invalid(format string, args ...any) error {
	return structs.Errorf(structs.KindInvalidParameter, format, args...)
}

// Import adds a certificate, or replaces one that was imported before. Ingress instances use it
// within a second.
func (c *Certificates) Import(ctx context.Context, in ImportInput) (*structs.Certificate, error) {
	made := structs.Certificate{ID: newID(), Type: structs.CertificateImported, CreatedAt: c.Now()}
	var tags []structs.Tag
	if in.ARN != "" {
		old, snap, err := c.Find(ctx, in.ARN)
		if err != nil {
			return nil, err
		}
		if old.Type != structs.CertificateImported {
			return nil, invalid("Certificate %s was not imported, so it cannot be imported again.", in.ARN)
		}
		if len(in.Tags) > 0 {
			return nil, invalid("You cannot tag a certificate when you import it again; use AddTagsToCertificate.")
		}
		made.ID, made.CreatedAt, tags = old.ID, old.CreatedAt, snap.Tags(structs.CertificateKey(old.ID))
	} else {
		tags = in.Tags
	}
	chain, leaf, err := checkChain(in)
	if err != nil {
		return nil, err
	}
	made.Chain, made.IssuedAt = chain, c.Now()
	describe(&made, leaf)
	if made.NotAfter <= made.IssuedAt || made.NotBefore > made.IssuedAt {
		return nil, invalid("The certificate is valid from %s to %s, and so not now.", leaf.NotBefore.UTC(), leaf.NotAfter.UTC())
	}
	if len(made.Names) == 0 {
		return nil, invalid("The certificate names no host: it needs a subject alternative name or a common name.")
	}
	made.Domain = made.Names[0]
	return c.put(ctx, made, in.Key, tags, in.ARN != "")
}

// describe fills in what a certificate itself says.
func describe(c *structs.Certificate, leaf *x509.Certificate) {
	c.Names = namesOf(leaf)
	c.NotBefore, c.NotAfter = structs.TimeOf(leaf.NotBefore), structs.TimeOf(leaf.NotAfter)
}

// namesOf returns the host names of a certificate, in lower case; the common name first, as ACM's
// DomainName.
func namesOf(leaf *x509.Certificate) (names []string) {
	add := func(name string) {
		if name = strings.ToLower(name); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	all := slices.Clone(leaf.DNSNames)
	for _, ip := range leaf.IPAddresses {
		all = append(all, ip.String())
	}
	if cn := leaf.Subject.CommonName; len(all) == 0 || slices.Contains(all, cn) {
		add(cn)
	}
	for _, name := range all {
		add(name)
	}
	return names
}

// checkChain returns the whole chain in PEM with the certificate first, and the certificate. The
// words of refusals are ACM's where ACM says the same.
func checkChain(in ImportInput) (string, *x509.Certificate, error) {
	blocks, err := certificatesIn(in.Certificate)
	if err != nil {
		return "", nil, invalid("Certificate: %v", err)
	}
	if len(blocks) != 1 {
		return "", nil, invalid("The certificate field contains more than one certificate. You can specify only one certificate in this field; " +
			"the others belong into CertificateChain.")
	}
	if _, err := tls.X509KeyPair(in.Certificate, in.Key); err != nil {
		if strings.Contains(string(in.Key), "ENCRYPTED") {
			return "", nil, invalid("The private key is encrypted. Decrypt it first: openssl pkey -in KEY -out PLAIN")
		}
		// The error of crypto/tls has nothing of the key in it.
		return "", nil, invalid("The private key does not fit the certificate: %v", err)
	}
	leaf, below := blocks[0], blocks[0]
	var all bytes.Buffer
	add := func(one *x509.Certificate) { _ = pem.Encode(&all, &pem.Block{Type: "CERTIFICATE", Bytes: one.Raw}) }
	add(leaf)
	if len(bytes.TrimSpace(in.Chain)) > 0 {
		chain, err := certificatesIn(in.Chain)
		if err != nil {
			return "", nil, invalid("CertificateChain: %v", err)
		}
		for _, one := range chain {
			if one.Equal(leaf) {
				continue
			}
			if err := below.CheckSignatureFrom(one); err != nil {
				return "", nil, invalid("Could not validate the certificate with the certificate chain: %s is not signed by %s. "+
					"Put the issuer of each certificate after it.", below.Subject, one.Subject)
			}
			add(one)
			below = one
		}
	}
	return all.String(), leaf, nil
}

// certificatesIn returns the certificates in a text. It fails if there is none, or something else.
func certificatesIn(text []byte) (list []*x509.Certificate, err error) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, invalid("it has a block %s; only certificates belong there", block.Type)
		}
		one, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	if len(list) == 0 {
		return nil, invalid("it is not PEM: there is no line -----BEGIN CERTIFICATE-----")
	}
	return list, nil
}
