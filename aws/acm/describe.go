package acm

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control/certificates"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func (c *call) describeCertificate(ctx context.Context, in *DescribeCertificateRequest) (*DescribeCertificateResponse, error) {
	found, err := c.find(ctx, in.CertificateArn)
	if err != nil {
		return nil, err
	}
	snap, err := c.certificates.Read(ctx)
	if err != nil {
		return nil, err
	}
	detail := &CertificateDetail{
		CertificateArn: c.arn(found), DomainName: found.Domain, SubjectAlternativeNames: found.Names, CreatedAt: found.CreatedAt,
		Status: found.Status(c.certificates.Now()), Type: typeOf(found), InUseBy: c.inUseBy(snap, found), RenewalEligibility: "INELIGIBLE",
		Options: &CertificateOptions{CertificateTransparencyLoggingPreference: "ENABLED", Export: "DISABLED"},
	}
	if found.Chain != "" {
		if found.Type == structs.CertificateImported {
			detail.ImportedAt = found.IssuedAt
		} else {
			detail.IssuedAt = found.IssuedAt
		}
		detail.NotBefore, detail.NotAfter = found.NotBefore, found.NotAfter
		describeLeaf(detail, leafOf(found))
	} else {
		detail.KeyAlgorithm = keyAlgorithm
	}
	if found.Type == structs.CertificateImported {
		return &DescribeCertificateResponse{Certificate: detail}, nil
	}
	detail.RenewalEligibility = "ELIGIBLE"
	status := "PENDING_VALIDATION"
	if found.Chain != "" {
		status = "SUCCESS"
	}
	detail.DomainValidationOptions = validations(found, status)
	if found.Chain != "" && found.RenewAt() <= c.certificates.Now() || found.Order.Problem != "" {
		detail.RenewalSummary = &RenewalSummary{
			RenewalStatus: "PENDING_AUTO_RENEWAL", DomainValidationOptions: validations(found, "PENDING_VALIDATION"), UpdatedAt: found.Order.FailedAt,
		}
		if found.Chain == "" { // it is not a renewal
			detail.RenewalSummary = nil
		}
	}
	return &DescribeCertificateResponse{Certificate: detail}, nil
}

// typeOf returns ACM's type. Those of gantry dev's own authority need nothing that PRIVATE ones
// need, so they are shown as issued.
func typeOf(c *structs.Certificate) string {
	if c.Type == structs.CertificateImported {
		return structs.CertificateImported
	}
	return structs.CertificateIssued
}

// validations returns how the names of a certificate are validated. Clients wait for a record or a
// redirect to make; nothing has to be made with either.
func validations(c *structs.Certificate, status string) (list []DomainValidation) {
	for _, name := range c.Names {
		one := DomainValidation{DomainName: name, ValidationDomain: name, ValidationStatus: status, ValidationMethod: c.Method}
		switch c.Method {
		case "DNS":
			one.ResourceRecord = &ResourceRecord{Name: "_gantry." + strings.TrimPrefix(name, "*.") + ".", Type: "CNAME", Value: "not-needed.gantry.invalid."}
		default:
			one.ValidationMethod = "HTTP"
			one.HttpRedirect = &HttpRedirect{
				RedirectFrom: "http://" + name + "/.well-known/acme-challenge/", RedirectTo: "http://" + name + "/.well-known/acme-challenge/",
			}
		}
		list = append(list, one)
	}
	return list
}

// inUseBy returns the ARNs of the load balancers that use a certificate.
func (c *call) inUseBy(snap *state.Snapshot, of *structs.Certificate) []string {
	list := []string{}
	balancers := protocol.ARNs{Service: "elasticloadbalancing", Region: c.arns.Region, Account: c.arns.Account}
	for _, l := range certificates.UsedBy(snap, of) {
		b := snap.LoadBalancer(l.LoadBalancer)
		if b == nil {
			continue
		}
		kind := "app"
		if b.Type == structs.LoadBalancerNetwork {
			kind = "net"
		}
		arn := balancers.Of("loadbalancer/" + kind + "/" + b.Name + "/" + b.ID)
		if len(list) == 0 || list[len(list)-1] != arn {
			list = append(list, arn)
		}
	}
	return list
}

// leafOf returns the certificate itself, or nil if it cannot be read.
func leafOf(c *structs.Certificate) *x509.Certificate {
	block, _ := pem.Decode([]byte(c.Chain))
	if block == nil {
		return nil
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil
	}
	return leaf
}

func describeLeaf(out *CertificateDetail, leaf *x509.Certificate) {
	if leaf == nil {
		return
	}
	out.Subject, out.Issuer = leaf.Subject.String(), leaf.Issuer.CommonName
	if len(leaf.Issuer.Organization) > 0 {
		out.Issuer = leaf.Issuer.Organization[0]
	}
	var pairs []string
	for _, b := range leaf.SerialNumber.Bytes() {
		pairs = append(pairs, hex.EncodeToString([]byte{b}))
	}
	out.Serial = strings.Join(pairs, ":")
	out.KeyAlgorithm = algorithmOf(leaf)
	// SHA256-RSA is SHA256WITHRSA in ACM.
	kind, with, _ := strings.Cut(leaf.SignatureAlgorithm.String(), "-")
	if hash := strings.TrimPrefix(kind, "ECDSA"); hash == "" {
		kind, with = with, kind // ECDSA-SHA256
	}
	out.SignatureAlgorithm = kind + "WITH" + with
	for _, name := range keyUsages(leaf) {
		out.KeyUsages = append(out.KeyUsages, KeyUsage{Name: name})
	}
	for _, usage := range leaf.ExtKeyUsage {
		if known, ok := extendedUsages[usage]; ok {
			out.ExtendedKeyUsages = append(out.ExtendedKeyUsages, known)
		}
	}
}

// algorithmOf returns ACM's name of the algorithm of a certificate's key.
func algorithmOf(leaf *x509.Certificate) string {
	switch key := leaf.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA_%d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return map[string]string{"P-256": "EC_prime256v1", "P-384": "EC_secp384r1", "P-521": "EC_secp521r1"}[key.Curve.Params().Name]
	}
	return ""
}

// usageNames are ACM's names of key usages, in the order of their bits.
var usageNames = []string{
	"DIGITAL_SIGNATURE", "NON_REPUDIATION", "KEY_ENCIPHERMENT", "DATA_ENCIPHERMENT", "KEY_AGREEMENT", "CERTIFICATE_SIGNING", "CRL_SIGNING",
	"ENCIPHER_ONLY", "DECIPHER_ONLY",
}

func keyUsages(leaf *x509.Certificate) (names []string) {
	for n, name := range usageNames {
		if leaf.KeyUsage&(1<<n) != 0 {
			names = append(names, name)
		}
	}
	return names
}

var extendedUsages = map[x509.ExtKeyUsage]ExtendedKeyUsage{
	x509.ExtKeyUsageAny:             {Name: "ANY", OID: "2.5.29.37.0"},
	x509.ExtKeyUsageServerAuth:      {Name: "TLS_WEB_SERVER_AUTHENTICATION", OID: "1.3.6.1.5.5.7.3.1"},
	x509.ExtKeyUsageClientAuth:      {Name: "TLS_WEB_CLIENT_AUTHENTICATION", OID: "1.3.6.1.5.5.7.3.2"},
	x509.ExtKeyUsageCodeSigning:     {Name: "CODE_SIGNING", OID: "1.3.6.1.5.5.7.3.3"},
	x509.ExtKeyUsageEmailProtection: {Name: "EMAIL_PROTECTION", OID: "1.3.6.1.5.5.7.3.4"},
	x509.ExtKeyUsageTimeStamping:    {Name: "TIME_STAMPING", OID: "1.3.6.1.5.5.7.3.8"},
	x509.ExtKeyUsageOCSPSigning:     {Name: "OCSP_SIGNING", OID: "1.3.6.1.5.5.7.3.9"},
}

func (c *call) getCertificate(ctx context.Context, in *GetCertificateRequest) (*GetCertificateResponse, error) {
	found, err := c.find(ctx, in.CertificateArn)
	if err != nil {
		return nil, err
	}
	block, rest := pem.Decode([]byte(found.Chain))
	if block == nil {
		return nil, structs.Errorf("RequestInProgress", "The certificate %s is not issued yet.%s", in.CertificateArn, problemOf(found))
	}
	return &GetCertificateResponse{
		Certificate: string(pem.EncodeToMemory(block)), CertificateChain: string(bytes.TrimSpace(rest)),
	}, nil
}

// problemOf returns why a certificate is not issued, as an addition to a sentence.
func problemOf(c *structs.Certificate) string {
	if c.Order.Problem == "" {
		return ""
	}
	return " The last attempt failed: " + c.Order.Problem
}
