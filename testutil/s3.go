package testutil

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// S3 is a store of objects on loopback that speaks as much of S3 as Gantry uses: GET and PUT of
// objects of buckets in the path. It takes only requests that AWS's own signer would sign alike.
// Its methods may be called from any goroutine.
type S3 struct {
	URL                 string
	AccessKeyID, Secret string
	Region              string

	mu      sync.Mutex
	objects map[string][]byte // by BUCKET/KEY
	asked   []string          // METHOD BUCKET/KEY of each request with a good signature
	fault   int               // the status of all answers, or zero
	anyone  bool              // requests need not be signed
}

// StartS3 starts a store with empty buckets, which ends with the test.
func StartS3(t testing.TB, buckets ...string) *S3 {
	t.Helper()
	s := &S3{AccessKeyID: "AKIATESTTESTTESTTEST", Secret: "test/secret+of/the/store", Region: "eu-test-1", objects: map[string][]byte{}}
	for _, b := range buckets {
		s.objects[b+"/"] = nil
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Put puts an object into a bucket.
func (s *S3) Put(bucket, key, content string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[bucket+"/"], s.objects[bucket+"/"+key] = nil, []byte(content)
}

// Objects returns the contents of a bucket by key.
func (s *S3) Objects(bucket string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]string{}
	for name, content := range s.objects {
		if key, ok := strings.CutPrefix(name, bucket+"/"); ok && key != "" {
			all[key] = string(content)
		}
	}
	return all
}

// Keys returns the keys of a bucket in order.
func (s *S3) Keys(bucket string) []string { return slices.Sorted(maps.Keys(s.Objects(bucket))) }

// Asked returns the requests so far that were signed well, as METHOD BUCKET/KEY.
func (s *S3) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// Fail makes the store answer each request with a status; zero: it works again.
func (s *S3) Fail(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = status
}

// AllowAnyone makes the store take requests that are not signed.
func (s *S3) AllowAnyone() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.anyone = true
}

// ServeHTTP implements http.Handler.
func (s *S3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		refuseS3(w, http.StatusBadRequest, "IncompleteBody", err.Error())
		return
	}
	s.mu.Lock()
	anyone := s.anyone
	s.mu.Unlock()
	if code, why := s.check(r, body); code != "" && !anyone {
		refuseS3(w, http.StatusForbidden, code, why)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	bucket, _, _ := strings.Cut(name, "/")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Method+" "+name)
	if s.fault != 0 {
		refuseS3(w, s.fault, "InternalError", "We encountered an internal error. Please try again.")
		return
	}
	if _, ok := s.objects[bucket+"/"]; !ok {
		refuseS3(w, http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
		return
	}
	switch content, ok := s.objects[name]; {
	case r.Method == http.MethodPut:
		s.objects[name] = body
	case r.Method != http.MethodGet:
		refuseS3(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	case !ok:
		refuseS3(w, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	default:
		w.Header().Set("Last-Modified", "Sat, 21 Nov 2026 12:00:00 GMT")
		w.Header().Set("ETag", `"`+hash(content)[:32]+`"`)
		_, _ = w.Write(content)
	}
}

// check returns S3's error code for a request that is not signed with the store's keys.
func (s *S3) check(r *http.Request, body []byte) (code, why string) {
	given := r.Header.Get("Authorization")
	if !strings.Contains(given, "Credential="+s.AccessKeyID+"/") {
		return "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."
	}
	sum := r.Header.Get("X-Amz-Content-Sha256")
	if sum != "UNSIGNED-PAYLOAD" && sum != hash(body) {
		return "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header"
	}
	again := r.Clone(context.Background())
	_, rest, _ := strings.Cut(given, "SignedHeaders=")
	signed, _, _ := strings.Cut(rest, ",")
	for name := range again.Header {
		if !slices.Contains(strings.Split(signed, ";"), strings.ToLower(name)) {
			again.Header.Del(name)
		}
	}
	if !slices.Contains(strings.Split(signed, ";"), "content-length") {
		again.ContentLength = 0
	}
	keys := aws.Credentials{AccessKeyID: s.AccessKeyID, SecretAccessKey: s.Secret}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }) // as S3 wants it
	if err := signer.SignHTTP(r.Context(), keys, again, sum, "s3", s.Region, at); err != nil {
		return "InternalError", err.Error()
	}
	if strings.ReplaceAll(again.Header.Get("Authorization"), " ", "") != strings.ReplaceAll(given, " ", "") {
		return "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method."
	}
	return "", ""
}

func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func refuseS3(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
}
