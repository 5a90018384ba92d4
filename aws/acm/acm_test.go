package acm

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/control/certificates"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/pair"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// door calls the API as a client does.
type door struct {
	*testing.T
	node   *singlenode.Node
	router *protocol.Router
	caller *control.Caller // nil: nothing is checked
}

// newDoor returns a door of a cluster with its own authority, or one of ACME.
func newDoor(t *testing.T, local bool) *door {
	node := singlenode.New(t)
	config := certificates.Config{Control: node.Control, Vault: node.Vault, Log: node, Local: local}
	if !local {
		config.ACME = &structs.ACMESettings{Directory: "https://ca.example.org/directory"}
	}
	service := New(certificates.New(config))
	return &door{t, node, &protocol.Router{Services: []protocol.Service{service}, Logger: slog.New(slog.DiscardHandler)}, nil}
}

// call returns the answer of an action; a refusal has a __type.
func (d *door) call(action, body string) map[string]any {
	d.Helper()
	r := httptest.NewRequestWithContext(d.Context(), "POST", "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "CertificateManager."+action)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	if d.caller != nil {
		r = r.WithContext(control.WithCaller(r.Context(), d.caller))
	}
	w := httptest.NewRecorder()
	d.router.ServeHTTP(w, r)
	out := map[string]any{}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil && w.Body.Len() > 0 {
		d.Fatalf("%s: %s: %v", action, w.Body, err)
	}
	return out
}

// ok is call of an action that is carried out.
func (d *door) ok(action, body string) map[string]any {
	d.Helper()
	out := d.call(action, body)
	if out["__type"] != nil {
		d.Fatalf("%s %.200s: %v", action, body, out)
	}
	return out
}

func (d *door) refused(action, body, code, text string) {
	d.Helper()
	out := d.call(action, body)
	message, _ := out["message"].(string)
	if out["__type"] != code || !strings.Contains(message, text) {
		d.Errorf("%s %.300s: %v; want %s with %q", action, body, out, code, text)
	}
}

func blob(text string) string { return `"` + base64.StdEncoding.EncodeToString([]byte(text)) + `"` }

func imported(chain, key, more string) string {
	return `{"Certificate":` + blob(chain) + `,"PrivateKey":` + blob(key) + more + `}`
}

func arnOf(arn any) string { return fmt.Sprintf(`{"CertificateArn":%q}`, arn) }

// The life of an imported certificate, as clients see it.
func TestImported(t *testing.T) {
	d := newDoor(t, false)
	leaf, issuer, key := pair.Issued(t, "web.example.org", "*.example.org")
	made := d.ok("ImportCertificate", imported(leaf, key, `,"CertificateChain":`+blob(issuer)+`,"Tags":[{"Key":"team","Value":"x"}]`))
	arn, _ := made["CertificateArn"].(string)
	if !strings.HasPrefix(arn, "arn:aws:acm:us-east-1:000000000000:certificate/") {
		t.Fatalf("made %v", made)
	}
	detail, _ := d.ok("DescribeCertificate", arnOf(arn))["Certificate"].(map[string]any)
	for member, want := range map[string]any{
		"Status": "ISSUED", "Type": "IMPORTED", "DomainName": "web.example.org", "KeyAlgorithm": "EC_prime256v1", "Issuer": "Test CA",
		"RenewalEligibility": "INELIGIBLE", "SignatureAlgorithm": "SHA256WITHECDSA",
	} {
		if detail[member] != want {
			t.Errorf("%s is %v, want %v", member, detail[member], want)
		}
	}
	got := d.ok("GetCertificate", arnOf(arn))
	if got["Certificate"] != leaf || strings.TrimSpace(got["CertificateChain"].(string)) != strings.TrimSpace(issuer) {
		t.Errorf("got %v", got)
	}
	if tags := fmt.Sprint(d.ok("ListTagsForCertificate", arnOf(arn))["Tags"]); tags != "[map[Key:team Value:x]]" {
		t.Errorf("tags %v", tags)
	}
	d.ok("RemoveTagsFromCertificate", fmt.Sprintf(`{"CertificateArn":%q,"Tags":[{"Key":"team"}]}`, arn))
	again, _, nextKey := pair.Issued(t, "web.example.org")
	if next := d.ok("ImportCertificate", imported(again, nextKey, fmt.Sprintf(`,"CertificateArn":%q`, arn))); next["CertificateArn"] != arn {
		t.Errorf("imported again as %v", next)
	}
	if got := d.ok("GetCertificate", arnOf(arn)); got["Certificate"] != again {
		t.Error("the successor is not served")
	}
	if raw, _ := json.Marshal(d.ok("DescribeCertificate", arnOf(arn))); strings.Contains(string(raw), "PRIVATE KEY") {
		t.Error("a key is shown")
	}
	d.refused("ExportCertificate", fmt.Sprintf(`{"CertificateArn":%q,"Passphrase":"c2VjcmV0"}`, arn), "ValidationException", "private keys never leave")
	d.refused("RenewCertificate", arnOf(arn), "ValidationException", "gantry cert import --replace")
	d.use(arn)
	d.refused("DeleteCertificate", arnOf(arn), "ResourceInUseException", "front:443")
	detail, _ = d.ok("DescribeCertificate", arnOf(arn))["Certificate"].(map[string]any)
	if used := fmt.Sprint(detail["InUseBy"]); used != "[arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/front/b]" {
		t.Errorf("in use by %s", used)
	}
	d.use("")
	d.ok("DeleteCertificate", arnOf(arn))
	d.refused("DescribeCertificate", arnOf(arn), "ResourceNotFoundException", arn)
}

// use makes a listener that names a certificate, or none.
func (d *door) use(arns ...string) {
	_ = d.node.Store.Update(d.node.Store.Snapshot().Index(), func(tx *state.Tx) error {
		tx.PutLoadBalancer(&structs.LoadBalancer{ID: "b", Name: "front", Type: structs.LoadBalancerApplication})
		tx.PutListener(&structs.Listener{ID: "l", LoadBalancer: "b", Protocol: structs.ProtocolHTTPS, Port: 443, Certificates: arns})
		return nil
	})
}

// What cannot be served is refused when it is imported.
func TestBadImports(t *testing.T) {
	d := newDoor(t, false)
	leaf, issuer, key := pair.Issued(t, "web.example.org")
	_, stranger, other := pair.Issued(t, "other.example.org")
	d.refused("ImportCertificate", imported(leaf, other, ""), "ValidationException", "does not fit")
	d.refused("ImportCertificate", imported("no PEM", key, ""), "ValidationException", "BEGIN CERTIFICATE")
	d.refused("ImportCertificate", imported(leaf+issuer, key, ""), "ValidationException", "more than one certificate")
	d.refused("ImportCertificate", imported(leaf, key, `,"CertificateChain":`+blob(stranger)), "ValidationException", "not signed by")
	d.refused("ImportCertificate", imported(leaf, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", ""), "ValidationException", "openssl pkey")
	ended, _, endedKey := pair.Ended(t, "web.example.org")
	d.refused("ImportCertificate", imported(ended, endedKey, ""), "ValidationException", "not now")
}

// A requested certificate waits for an ingress instance; clients and Terraform see what is to be
// done about its names.
func TestRequested(t *testing.T) {
	d := newDoor(t, false)
	made := d.ok("RequestCertificate", `{"DomainName":"Web.example.org","SubjectAlternativeNames":["www.example.org"],"ValidationMethod":"DNS","IdempotencyToken":"t1"}`)
	arn := made["CertificateArn"]
	if again := d.ok("RequestCertificate", `{"DomainName":"web.example.org","SubjectAlternativeNames":["www.example.org"],"ValidationMethod":"DNS","IdempotencyToken":"t1"}`); again["CertificateArn"] != arn {
		t.Errorf("the same request again makes %v beside %v", again, made)
	}
	detail, _ := d.ok("DescribeCertificate", arnOf(arn))["Certificate"].(map[string]any)
	options, _ := detail["DomainValidationOptions"].([]any)
	if detail["Status"] != "PENDING_VALIDATION" || len(options) != 2 {
		t.Fatalf("described as %v", detail)
	}
	if one, _ := options[0].(map[string]any); one["ValidationStatus"] != "PENDING_VALIDATION" || one["ValidationMethod"] != "DNS" || one["ResourceRecord"] == nil {
		t.Errorf("validated by %v", one)
	}
	d.refused("GetCertificate", arnOf(arn), "RequestInProgressException", "not issued yet")
	d.refused("RequestCertificate", `{"DomainName":"*.example.org"}`, "ValidationException", "wildcard")
	d.refused("RequestCertificate", `{"DomainName":"10.0.0.1"}`, "ValidationException", "DomainName")
	d.refused("RequestCertificate", `{"DomainName":"a.example.org","ValidationMethod":"EMAIL"}`, "ValidationException", "EMAIL")
	d.refused("RequestCertificate", `{"DomainName":"a.example.org","KeyAlgorithm":"RSA_2048"}`, "ValidationException", "KeyAlgorithm")
	d.refused("DescribeCertificate", arnOf("arn:aws:acm:us-east-1:000000000000:key/1"), "InvalidArnException", "certificate/UUID")
	list := d.ok("ListCertificates", `{"CertificateStatuses":["PENDING_VALIDATION"]}`)
	if rows, _ := list["CertificateSummaryList"].([]any); len(rows) != 1 {
		t.Errorf("listed %v", list)
	}
}

// The authority of gantry dev issues at once, wildcards too; the waiter certificate-validated ends.
func TestLocal(t *testing.T) {
	d := newDoor(t, true)
	arn := d.ok("RequestCertificate", `{"DomainName":"*.dev.example.org"}`)["CertificateArn"]
	detail, _ := d.ok("DescribeCertificate", arnOf(arn))["Certificate"].(map[string]any)
	options, _ := detail["DomainValidationOptions"].([]any)
	if one, _ := options[0].(map[string]any); detail["Status"] != "ISSUED" || one["ValidationStatus"] != "SUCCESS" {
		t.Errorf("described as %v", detail)
	}
	before := d.ok("GetCertificate", arnOf(arn))["Certificate"]
	d.ok("RenewCertificate", arnOf(arn))
	if after := d.ok("GetCertificate", arnOf(arn))["Certificate"]; after == before {
		t.Error("it is not renewed")
	}
}

// Without an authority a request says what to do.
func TestNoAuthority(t *testing.T) {
	node := singlenode.New(t)
	d := &door{t, node, &protocol.Router{Services: []protocol.Service{New(node.Certificates)}, Logger: slog.New(slog.DiscardHandler)}, nil}
	d.refused("RequestCertificate", `{"DomainName":"a.example.org"}`, "ValidationException", "--acme-email")
}

// A policy allows actions on a certificate by its ARN.
func TestPolicy(t *testing.T) {
	d := newDoor(t, true)
	one := d.ok("RequestCertificate", `{"DomainName":"a.example.org"}`)["CertificateArn"]
	two := d.ok("RequestCertificate", `{"DomainName":"b.example.org"}`)["CertificateArn"]
	policy, err := structs.ParsePolicy(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"acm:Describe*","Resource":%q}]}`, one))
	if err != nil {
		t.Fatal(err)
	}
	d.caller = &control.Caller{ARN: "arn:aws:iam::000000000000:user/me", Policy: &policy}
	d.ok("DescribeCertificate", arnOf(one))
	d.refused("DescribeCertificate", arnOf(two), "AccessDeniedException", "acm:DescribeCertificate")
	d.refused("DeleteCertificate", arnOf(one), "AccessDeniedException", "acm:DeleteCertificate")
}
