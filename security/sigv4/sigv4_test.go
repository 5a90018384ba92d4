package sigv4

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/encoding/httpbinding"
	"pgregory.net/rapid"
)

var (
	noon  = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	owner = aws.Credentials{AccessKeyID: "AKIAAAAAAAAAAAAAAAAA", SecretAccessKey: "abcdefghijklmnopqrstuvwxyz0123456789+/AB"}
)

// call is a request as a client makes it.
type call struct {
	method, target, body string
	header               map[string]string
}

func (c call) request() *http.Request {
	r, err := http.NewRequest(c.method, c.target, strings.NewReader(c.body))
	if err != nil {
		panic(err)
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	return r
}

// signedBySDK signs as the Go SDK does.
func signedBySDK(t interface{ Fatal(...any) }, c call, at time.Time) *http.Request {
	r := c.request()
	err := v4.NewSigner().SignHTTP(context.Background(), owner, r, hash([]byte(c.body)), "ecs", "us-east-1", at)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// received returns the request as a server gets it from the wire.
func received(t interface{ Fatal(...any) }, r *http.Request) *http.Request {
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		t.Fatal(err)
	}
	got, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// check is all that a server checks.
func check(r *http.Request) error {
	s, err := Parse(r, noon, "ecs")
	if err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if s.ID != owner.AccessKeyID {
		return errors.New("unknown key " + s.ID)
	}
	return s.Verify(r, body, owner.SecretAccessKey)
}

var runTask = call{http.MethodPost, "https://10.0.0.1:5747/", `{"taskDefinition":"web"}`, map[string]string{
	"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.RunTask", "Content-Type": "application/x-amz-json-1.1",
}}

// Whatever the SDK signs is accepted, and our own signature of it is the same.
func TestAgreesWithSDK(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-zA-Z0-9 ~*+%/=&ü.-]{0,12}`)
		query := url.Values{}
		for range rapid.IntRange(0, 4).Draw(t, "parameters") {
			// The SDK sorts decoded names and values, AWS those that are written, which differs for
			// some.
			query.Set(rapid.StringMatching(`[a-z+ ]{1,4}`).Draw(t, "name"), text.Draw(t, "value"))
		}
		c := call{
			rapid.SampledFrom([]string{"GET", "POST", "DELETE"}).Draw(t, "method"),
			(&url.URL{Scheme: "https", Host: rapid.SampledFrom([]string{"10.0.0.1:5747", "gantry.example"}).Draw(t, "host"), RawQuery: query.Encode(),
				Path: "/" + httpbinding.EscapePath(text.Draw(t, "path"), false)}).String(),
			text.Draw(t, "body"), map[string]string{"X-Amz-Target": text.Draw(t, "target"), "X-Spaces": "  a   b  "},
		}
		if err := check(received(t, signedBySDK(t, c, noon.Add(time.Duration(rapid.IntRange(-299, 299).Draw(t, "skew"))*time.Second)))); err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		r := c.request()
		r.Header.Del("X-Amz-Target")
		Sign(r, []byte(c.body), owner.AccessKeyID, owner.SecretAccessKey, "us-east-1", "ecs", noon)
		if err := check(received(t, r)); err != nil {
			t.Fatalf("our own signature of %+v: %v", c, err)
		}
	})
}

// A request is refused if any signed part was changed or something was added.
func TestTampering(t *testing.T) {
	tamper := map[string]func(*http.Request){
		"method":            func(r *http.Request) { r.Method = http.MethodPut },
		"path":              func(r *http.Request) { r.URL.Path = "/other" },
		"query":             func(r *http.Request) { r.URL.RawQuery = "a=1" },
		"body":              func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"taskDefinition":"bad"}`)) },
		"no body":           func(r *http.Request) { r.Body = http.NoBody },
		"host":              func(r *http.Request) { r.Host = "10.0.0.2:5747" },
		"operation":         func(r *http.Request) { r.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.StopTask") },
		"second operation":  func(r *http.Request) { r.Header.Add("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.StopTask") },
		"content type":      func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
		"length":            func(r *http.Request) { r.ContentLength++ },
		"time":              func(r *http.Request) { r.Header.Set("X-Amz-Date", noon.Add(time.Second).Format(timeForm)) },
		"new header of AWS": func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD") },
		"second signature":  func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) },
		"signed headers": func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "content-length;", "", 1))
		},
		"operation left unsigned": func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), ";x-amz-target", "", 1))
		},
		"region": func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "us-east-1", "eu-west-1", 1))
		},
		"service": func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "/ecs/", "/s3/", 1))
		},
		"another's key": func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "AKIAA", "AKIAB", 1))
		},
	}
	if err := check(received(t, signedBySDK(t, runTask, noon))); err != nil {
		t.Fatal(err)
	}
	for name, change := range tamper {
		r := received(t, signedBySDK(t, runTask, noon))
		change(r)
		if err := check(r); err == nil {
			t.Errorf("%s: a request that was changed is taken", name)
		}
	}
}

// A changed byte in the body, the signature or the value of a signed header is noticed.
func TestAnyByteCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := received(t, signedBySDK(t, runTask, noon))
		by := byte(rapid.IntRange(1, 255).Draw(t, "by"))
		flip := func(text string) string {
			b := []byte(text)
			b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] ^= by
			return string(b)
		}
		switch part := rapid.SampledFrom([]string{"body", "signature", "X-Amz-Target", "X-Amz-Date", "Content-Type", "host"}).Draw(t, "part"); part {
		case "body":
			r.Body = io.NopCloser(strings.NewReader(flip(runTask.body)))
		case "host":
			r.Host = flip(r.Host)
		case "signature":
			before, signature, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
			changed := flip(signature)
			if slices.Equal([]byte(strings.TrimSpace(changed)), []byte(signature)) {
				return
			}
			r.Header.Set("Authorization", before+"Signature="+changed)
		default:
			was := strings.Join(strings.Fields(r.Header.Get(part)), " ")
			if r.Header.Set(part, flip(r.Header.Get(part))); strings.Join(strings.Fields(r.Header.Get(part)), " ") == was {
				return // blanks at the ends are not signed
			}
		}
		if check(r) == nil {
			t.Fatal("a request that was changed is taken")
		}
	})
}

func TestRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		at     time.Duration
		header string
		code   string
		text   string
	}{
		"old":         {-5*time.Minute - time.Second, "", "InvalidSignatureException", "Signature expired: 20261121T115459Z is now earlier than 20261121T115500Z (20261121T120000Z - 5 min.)"},
		"of tomorrow": {5*time.Minute + time.Second, "", "InvalidSignatureException", "Signature not yet current: 20261121T120501Z is still later than 20261121T120500Z (20261121T120000Z + 5 min.)"},
		"no parts":    {0, algorithm, "IncompleteSignatureException", "requires 'Credential' parameter"},
		"no scope":    {0, algorithm + " Credential=AKIA, SignedHeaders=host, Signature=00", "IncompleteSignatureException", "5 slash-delimited"},
		"wrong day":   {0, algorithm + " Credential=AKIA/20261120/us-east-1/ecs/aws4_request, SignedHeaders=host, Signature=00", "InvalidSignatureException", "Date in Credential scope"},
		"host unsigned": {0, algorithm + " Credential=AKIA/20261121/us-east-1/ecs/aws4_request, SignedHeaders=x-amz-date;x-amz-target, Signature=00",
			"InvalidSignatureException", "'Host' must be"},
	} {
		r := received(t, signedBySDK(t, runTask, noon.Add(test.at)))
		if test.header != "" {
			r.Header.Set("Authorization", test.header)
		}
		refusal, ok := errors.AsType[*Refusal](check(r))
		if !ok || refusal.Code != test.code || !strings.Contains(refusal.Message, test.text) {
			t.Errorf("%s: %v", name, refusal)
		}
	}
}
