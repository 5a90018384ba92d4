package structs

import (
	"slices"
	"strings"
)

// ServiceACM is the name of the AWS Certificate Manager API.
const ServiceACM = "acm"

// The types of certificates. LOCAL is Gantry's own; ACM's API calls it PRIVATE.
const (
	CertificateImported = "IMPORTED"
	CertificateIssued   = "AMAZON_ISSUED" // by the certificate authority of the cluster (ACME)
	CertificateLocal    = "LOCAL"         // by the cluster's own authority (gantry dev)
)

// The statuses of certificates (ACM).
const (
	CertificatePending = "PENDING_VALIDATION"
	CertificateValid   = "ISSUED"
	CertificateExpired = "EXPIRED"
)

// Certificate is a certificate for HTTPS, as the API of AWS Certificate Manager (ACM) has them. It
// belongs to no cluster.
type Certificate struct {
	ID     string `json:"id" cbor:"1,keyasint"` // a UUID, the last part of its ARN
	Type   string `json:"type" cbor:"2,keyasint"`
	Domain string `json:"domain" cbor:"3,keyasint"`
	// Names are the host names that it is for, Domain first. They are in lower case.
	Names []string `json:"names" cbor:"4,keyasint"`
	// Claimed means that it was ordered because the rule of a listener names its host, and not by a
	// user.
	Claimed bool `json:"claimed,omitzero" cbor:"5,keyasint,omitzero"`
	// Chain is PEM, the certificate first; empty: it is not issued yet.
	Chain string `json:"chain,omitzero" cbor:"6,keyasint,omitzero"`
	// Key is the private key, PEM, sealed under CertificateSealName.
	Key       SealedValue `json:"-" cbor:"7,keyasint,omitzero"`
	NotBefore Time        `json:"notBefore,omitzero" cbor:"8,keyasint,omitzero"`
	NotAfter  Time        `json:"notAfter,omitzero" cbor:"9,keyasint,omitzero"`
	CreatedAt Time        `json:"createdAt" cbor:"10,keyasint"`
	// IssuedAt is when Chain was imported or issued.
	IssuedAt Time `json:"issuedAt,omitzero" cbor:"11,keyasint,omitzero"`
	// Token is the IdempotencyToken of its request.
	Token string `json:"-" cbor:"12,keyasint,omitzero"`
	// RenewAsked is when a user asked to renew it before its time; zero if nobody did since it was
	// issued.
	RenewAsked Time             `json:"renewAsked,omitzero" cbor:"13,keyasint,omitzero"`
	Order      CertificateOrder `json:"order,omitzero" cbor:"14,keyasint,omitzero"`
	// Method is the ValidationMethod of its request, DNS or HTTP, which is shown again.
	Method string `json:"-" cbor:"15,keyasint,omitzero"`
}

// CertificateOrder is how it goes to get a certificate from the authority. One ingress instance at
// a time orders it: the Holder of the lease.
type CertificateOrder struct {
	Holder string `json:"holder,omitzero" cbor:"1,keyasint,omitzero"` // INSTANCE/RANDOM
	Until  Time   `json:"until,omitzero" cbor:"2,keyasint,omitzero"`  // the end of the lease
	// Failures are those since the certificate was last issued, Problem and FailedAt are the last
	// one's, and it is not tried again before Next.
	Failures int    `json:"failures,omitzero" cbor:"3,keyasint,omitzero"`
	Problem  string `json:"problem,omitzero" cbor:"4,keyasint,omitzero"`
	FailedAt Time   `json:"failedAt,omitzero" cbor:"5,keyasint,omitzero"`
	Next     Time   `json:"next,omitzero" cbor:"6,keyasint,omitzero"`
}

// Status returns the status of a certificate at a time (ACM).
func (c *Certificate) Status(now Time) string {
	switch {
	case c.Chain == "":
		return CertificatePending
	case c.NotAfter <= now:
		return CertificateExpired
	}
	return CertificateValid
}

// RenewAt returns when an ordered certificate is to be issued, or issued again: when a third of its
// life is left, or when a user asked for it; after a failure not before the time for another try.
func (c *Certificate) RenewAt() Time {
	at := c.CreatedAt
	if c.Chain != "" {
		at = c.NotAfter - (c.NotAfter-c.NotBefore)/3
	}
	if c.RenewAsked != 0 {
		at = min(at, c.RenewAsked)
	}
	return max(at, c.Order.Next)
}

// Covers reports whether the certificate is for a host name in lower case. A wildcard stands for
// one label.
func (c *Certificate) Covers(name string) bool {
	_, rest, _ := strings.Cut(name, ".")
	return slices.Contains(c.Names, name) || rest != "" && slices.Contains(c.Names, "*."+rest)
}

// CertificateSealName is the name under which the key of a certificate is sealed.
func CertificateSealName(id string) string { return "certificate " + id }

// Resource returns the last part of its ARN.
func (c *Certificate) Resource() string { return "certificate/" + c.ID }

// CertificateID returns the id in the ARN of a certificate, and whether it is the ARN of one.
func CertificateID(arn string) (string, bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[2] != "acm" {
		return "", false
	}
	id, ok := strings.CutPrefix(parts[5], "certificate/")
	return id, ok && id != "" && !strings.Contains(id, "/")
}

// PutCertificate adds a certificate, or replaces the one of the same id.
type PutCertificate struct {
	Certificate Certificate
	Tags        []Tag // set besides those that it has
	Replace     bool  // it must exist; otherwise it must not
}

// CommandType implements Command.
func (PutCertificate) CommandType() CommandType { return CmdPutCertificate }

// DeleteCertificate deletes a certificate that no listener names.
type DeleteCertificate struct{ ID string }

// CommandType implements Command.
func (DeleteCertificate) CommandType() CommandType { return CmdDeleteCertificate }

// LeaseCertificate gives an ingress instance the right to order a certificate until a time, or
// prolongs it. It fails with KindConflict while another has it.
type LeaseCertificate struct {
	ID string
	// Claimed is put if there is no certificate of ID.
	Claimed   *Certificate `cbor:",omitzero"`
	Holder    string
	At, Until Time
}

// CommandType implements Command.
func (LeaseCertificate) CommandType() CommandType { return CmdLeaseCertificate }

// ReportCertificate ends the order of a certificate, by the holder of the lease: with a chain and a
// key, or with a problem.
type ReportCertificate struct {
	ID, Holder          string
	Chain               string
	Key                 SealedValue
	NotBefore, NotAfter Time
	Problem             string
	At, Next            Time
}

// CommandType implements Command.
func (ReportCertificate) CommandType() CommandType { return CmdReportCertificate }

// RenewCertificate has a certificate ordered again, or tried again at once after a failure.
type RenewCertificate struct {
	ID string
	At Time
}

// CommandType implements Command.
func (RenewCertificate) CommandType() CommandType { return CmdRenewCertificate }
