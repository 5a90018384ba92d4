package objectstore_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/objectstore"
	"github.com/gantry-project/gantry/testutil"
)

func open(t *testing.T, s *testutil.S3, secret string) *objectstore.Store {
	t.Helper()
	store, err := objectstore.New(objectstore.Config{Endpoint: s.URL, Region: s.Region, AccessKeyID: s.AccessKeyID, SecretAccessKey: secret})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// What was put is what is got, under any key, and replaces what was there.
func TestPutAndGet(t *testing.T) {
	s3 := testutil.StartS3(t, "logs")
	store := open(t, s3, s3.Secret)
	for _, key := range []string{"a.env", "a/b c/ü+=&%20~.gz", "2026/11/30/lines"} {
		for _, content := range []string{"", "A=1\n", strings.Repeat("x", 300_000)} {
			if err := store.Put(t.Context(), "logs", key, "text/plain", []byte(content)); err != nil {
				t.Fatalf("put %s: %v", key, err)
			}
			got, err := store.Get(t.Context(), "logs", key, int64(len(content)))
			if err != nil || string(got) != content || s3.Objects("logs")[key] != content {
				t.Errorf("%s: got %d bytes, want %d (%v)", key, len(got), len(content), err)
			}
		}
	}
}

func TestMissing(t *testing.T) {
	s3 := testutil.StartS3(t, "logs")
	store := open(t, s3, s3.Secret)
	for bucket, want := range map[string]string{"logs": "key does not exist", "none": "bucket does not exist"} {
		_, err := store.Get(t.Context(), bucket, "x", 10)
		if !errors.Is(err, objectstore.ErrNotFound) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), bucket+"/x at "+s3.URL) {
			t.Errorf("%s: %v", bucket, err)
		}
	}
	if err := store.Put(t.Context(), "none", "x", "", nil); !errors.Is(err, objectstore.ErrNotFound) {
		t.Errorf("put: %v", err)
	}
}

func TestTooLarge(t *testing.T) {
	s3 := testutil.StartS3(t)
	s3.Put("files", "k", "12345")
	if _, err := open(t, s3, s3.Secret).Get(t.Context(), "files", "k", 4); !errors.Is(err, objectstore.ErrTooLarge) {
		t.Errorf("five bytes of four: %v", err)
	}
}

// A wrong secret is refused, and no error shows it.
func TestWrongKeys(t *testing.T) {
	s3 := testutil.StartS3(t)
	s3.Put("files", "k", "1")
	for _, err := range []error{
		func() error { _, err := open(t, s3, "wrong-secret").Get(t.Context(), "files", "k", 4); return err }(),
		open(t, s3, "wrong-secret").Put(t.Context(), "files", "k", "", []byte("2")),
	} {
		if err == nil || !strings.Contains(err.Error(), "signature") || strings.Contains(err.Error(), "wrong-secret") {
			t.Errorf("with a wrong secret: %v", err)
		}
	}
	if s3.Objects("files")["k"] != "1" {
		t.Error("the object was replaced")
	}
}

// A fault of the endpoint is tried again, and then told.
func TestFault(t *testing.T) {
	s3 := testutil.StartS3(t, "files")
	s3.Fail(http.StatusServiceUnavailable)
	if err := open(t, s3, s3.Secret).Put(t.Context(), "files", "k", "", []byte("1")); err == nil || len(s3.Asked()) < 2 {
		t.Errorf("%v after %v", err, s3.Asked())
	}
}

func TestEndpoint(t *testing.T) {
	for endpoint, fine := range map[string]bool{
		"https://s3.example.com": true, "http://10.0.0.1:9000/": true, "http://[fd00::1]:9000": true,
		"": false, "s3.example.com": false, "minio:9000": false, "ftp://x": false, "https://a:b@x": false, "https://x/bucket": false, "https://x?a=b": false,
	} {
		if _, err := objectstore.New(objectstore.Config{Endpoint: endpoint}); (err == nil) != fine {
			t.Errorf("%q: %v", endpoint, err)
		}
	}
}
