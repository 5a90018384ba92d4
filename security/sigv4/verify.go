package sigv4

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxSkew is how far the clocks of a caller and a server may differ, as in AWS.
const maxSkew = 5 * time.Minute

// Refusal is an error in AWS's words, on which its clients act: some set their clocks right and try
// again.
type Refusal struct{ Code, Message string }

func (r *Refusal) Error() string { return r.Message }

func invalid(format string, args ...any) error {
	return &Refusal{"InvalidSignatureException", fmt.Sprintf(format, args...)}
}

func incomplete(format string, args ...any) error {
	return &Refusal{"IncompleteSignatureException", fmt.Sprintf(format, args...)}
}

// Signature is what a request says about its signature.
type Signature struct {
	ID        string // of the access key
	scope     scope
	signed    []string // names of headers, in lower case and sorted
	signature string
	at        string // X-Amz-Date
}

// Signed reports whether a request has a signature.
func Signed(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Authorization"), algorithm)
}

// Parse reads the signature of a request to one of these services (empty: any service), and checks
// all but the signature itself.
func Parse(r *http.Request, now time.Time, services ...string) (Signature, error) {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return Signature{}, incomplete("A request has one Authorization header.")
	}
	given := map[string]string{}
	for part := range strings.SplitSeq(strings.TrimPrefix(values[0], algorithm), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		given[name] = value
	}
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if given[name] == "" {
			return Signature{}, incomplete("Authorization header requires '%s' parameter.", name)
		}
	}
	s := Signature{signature: given["Signature"], signed: strings.Split(given["SignedHeaders"], ";"), at: r.Header.Get("X-Amz-Date")}
	credential := strings.Split(given["Credential"], "/")
	if len(credential) != 5 || credential[4] != terminator {
		return Signature{}, incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.")
	}
	s.ID, s.scope = credential[0], scope{credential[1], credential[2], credential[3]}
	if !slices.Contains(services, s.scope.service) && !slices.Contains(services, "") {
		return Signature{}, invalid("Credential should be scoped to correct service: '%s'. ", services[0])
	}
	if err := s.checkTime(now); err != nil {
		return Signature{}, err
	}
	return s, s.checkHeaders(r)
}

func (s *Signature) checkTime(now time.Time) error {
	at, err := time.Parse(timeForm, s.at)
	if err != nil {
		return incomplete("Authorization header requires existence of an 'X-Amz-Date' header, such as %s.", timeForm)
	}
	if s.scope.date != s.at[:8] {
		return invalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.", s.scope.date, s.at[:8], s.at)
	}
	switch text := now.UTC().Format(timeForm); {
	case at.Before(now.Add(-maxSkew)):
		return invalid("Signature expired: %s is now earlier than %s (%s - 5 min.)", s.at, now.UTC().Add(-maxSkew).Format(timeForm), text)
	case at.After(now.Add(maxSkew)):
		return invalid("Signature not yet current: %s is still later than %s (%s + 5 min.)", s.at, now.UTC().Add(maxSkew).Format(timeForm), text)
	}
	return nil
}

// checkHeaders fails if anything that gives the request its meaning is not signed.
func (s *Signature) checkHeaders(r *http.Request) error {
	if !slices.IsSorted(s.signed) || !slices.Contains(s.signed, "host") {
		return invalid("'Host' must be a 'SignedHeader' in the AWS Authorization, and they must be in order.")
	}
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-amz-") && !slices.Contains(s.signed, name) {
			return invalid("'%s' must be a 'SignedHeader' in the AWS Authorization.", name)
		}
	}
	return nil
}

// Verify fails unless the holder of the secret signed the request with this body.
func (s *Signature) Verify(r *http.Request, body []byte, secret string) error {
	want := signature(r, body, s.signed, s.scope, s.at, secret)
	if subtle.ConstantTimeCompare([]byte(want), []byte(s.signature)) != 1 {
		return invalid("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}
