package structs

// ACMESettings say which certificate authority issues certificates, by ACME (RFC 8555).
type ACMESettings struct {
	Directory string `json:"directory"`      // URL
	Email     string `json:"email,omitzero"` // of the account; empty: none
	Roots     string `json:"roots,omitzero"` // PEM, whom to trust at Directory; empty: the system's
}

// LetsEncrypt is the directory of Let's Encrypt.
const LetsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"

// ACMEFile is something that ingress instances share to order certificates: the key of an account,
// or the answer to a challenge. The authority of gantry dev is one, too.
type ACMEFile struct {
	// Path is accounts/DIRECTORY, challenges/NAME or authority.
	Path string `json:"path" cbor:"1,keyasint"`
	// Value is sealed under ACMESealName.
	Value SealedValue `json:"-" cbor:"2,keyasint"`
	At    Time        `json:"at" cbor:"3,keyasint"`
}

// The beginnings of ACMEFile.Path, and the path of the authority.
const (
	ACMEAccounts   = "accounts/"
	ACMEChallenges = "challenges/"
	LocalAuthority = "authority"
)

// ACMESealName is the name under which an ACMEFile is sealed.
func ACMESealName(path string) string { return "acme " + path }

// PutACMEFile adds an ACMEFile, or replaces the one of the same path.
type PutACMEFile struct {
	File ACMEFile
	New  bool // one that is there stays
}

// CommandType implements Command.
func (PutACMEFile) CommandType() CommandType { return CmdPutACMEFile }

// DeleteACMEFile removes an ACMEFile, if it is there.
type DeleteACMEFile struct{ Path string }

// CommandType implements Command.
func (DeleteACMEFile) CommandType() CommandType { return CmdDeleteACMEFile }

// IngressCertificates is what an ingress instance needs to serve HTTPS.
type IngressCertificates struct {
	// Digest stands for all of it. An instance that sends it gets an answer when there is another.
	Digest string `json:"digest"`
	// Certificates are those that listeners name, and those for names that rules claim.
	Certificates []TrafficCertificate `json:"certificates,omitzero"`
	// Problem says why names that rules claim get no certificate; empty if they do.
	Problem string `json:"problem,omitzero"`
	// ACME is nil if no certificates are ordered.
	ACME *ACMESettings `json:"acme,omitzero"`
	// HTTP and TLS are whether there is a listener that can answer challenges of HTTP-01 and
	// TLS-ALPN-01, and Names the host names for which there can be some.
	HTTP  bool     `json:"http,omitzero"`
	TLS   bool     `json:"tls,omitzero"`
	Names []string `json:"names,omitzero"`
	// Orders are the certificates that the instance is to order now.
	Orders []CertificateRequest `json:"orders,omitzero"`
}

// CertificateRequest is a certificate to order.
type CertificateRequest struct {
	ID    string   `json:"id"`
	Names []string `json:"names"`
}

// The operations of an ACMECall.
const (
	ACMELoad   = "load"   // an ACMEFile of Path → Value, Found
	ACMEStore  = "store"  // Value at Path
	ACMEDelete = "delete" // Path
	ACMELease  = "lease"  // Certificate for Holder; KindConflict while another has it
	ACMEReport = "report" // Certificate: Chain and Key, or Problem
)

// ACMECall is what an ingress instance asks a server while it orders a certificate, or answers a
// challenge.
type ACMECall struct {
	Operation   string             `json:"operation"`
	Path        string             `json:"path,omitzero"`
	Value       []byte             `json:"value,omitzero"`
	New         bool               `json:"new,omitzero"` // store: what is there stays, and is answered
	Certificate CertificateRequest `json:"certificate,omitzero"`
	Holder      string             `json:"holder,omitzero"` // random, of this process
	Chain       string             `json:"chain,omitzero"`
	Key         string             `json:"key,omitzero"`
	Problem     string             `json:"problem,omitzero"`
}

// ACMEAnswer is the answer to an ACMECall.
type ACMEAnswer struct {
	// ID is that of the certificate that was leased.
	ID    string `json:"id,omitzero"`
	Found bool   `json:"found,omitzero"`
	Value []byte `json:"value,omitzero"`
}

// CertificateList is the answer of GET /v1/certificates.
type CertificateList struct {
	// Problem says why certificates are not ordered; empty if they are.
	Problem string `json:"problem,omitzero"`
	// Issuer is the URL of the authority's directory, or "local" for gantry dev's own.
	Issuer       string              `json:"issuer,omitzero"`
	Certificates []CertificateStatus `json:"certificates"`
}

// CertificateStatus is a certificate and how it is.
type CertificateStatus struct {
	Certificate
	ARN    string `json:"arn"`
	Status string `json:"status"`
	// UsedBy are the listeners that use it, as LOADBALANCER:PORT.
	UsedBy []string `json:"usedBy,omitzero"`
	// RenewsAt is when it is ordered again; zero if Gantry does not.
	RenewsAt Time `json:"renewsAt,omitzero"`
}
