package objectstore

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// DefaultRegion is what requests are signed for if no region is given. Most stores that are not
// Amazon's accept it.
const DefaultRegion = "us-east-1"

// attempts is how often a request is made in all if the endpoint does not answer or has a fault.
const attempts = 3

// ErrNotFound means that there is no such object, or no such bucket.
var ErrNotFound = errors.New("not found")

// ErrTooLarge means that an object is larger than the reader allows.
var ErrTooLarge = errors.New("too large")

// Config describes an endpoint and who uses it.
type Config struct {
	// Endpoint is a URL without a path: https://s3.eu-central-1.amazonaws.com, http://minio:9000.
	Endpoint string
	// Region is what requests are signed for; empty: DefaultRegion.
	Region string
	// AccessKeyID and SecretAccessKey are the keys; both empty: requests are not signed.
	AccessKeyID, SecretAccessKey string
	// VirtualHost puts the bucket in front of the host name. Without it, the bucket is the first
	// part of the path, except with Amazon's own endpoints.
	VirtualHost bool
	// Transport carries the requests; nil: one with the proxies of the environment.
	Transport http.RoundTripper
}

// Store is an endpoint. Its methods may be called from many goroutines.
type Store struct {
	client   *minio.Core
	endpoint string
}

// CheckEndpoint reports what is wrong with the URL of an endpoint.
func CheckEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil:
		return fmt.Errorf("endpoint: %w", err)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fmt.Errorf("endpoint: %q is not a URL such as https://s3.example.com or http://minio:9000", endpoint)
	case u.User != nil:
		return errors.New("endpoint: it has a user or password; give the keys by themselves")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("endpoint: %q has more than a host and a port", endpoint)
	}
	return nil
}

// New returns the store at an endpoint. It makes no request.
func New(c Config) (*Store, error) {
	if err := CheckEndpoint(c.Endpoint); err != nil {
		return nil, err
	}
	u, err := url.Parse(c.Endpoint)
	if err != nil {
		return nil, err
	}
	lookup := minio.BucketLookupAuto
	if c.VirtualHost {
		lookup = minio.BucketLookupDNS
	}
	client, err := minio.NewCore(u.Host, &minio.Options{
		// without a region, the client would ask for the one of each bucket
		Creds: credentials.NewStaticV4(c.AccessKeyID, c.SecretAccessKey, ""), Region: cmp.Or(c.Region, DefaultRegion),
		Secure: u.Scheme == "https", BucketLookup: lookup, Transport: c.Transport, MaxRetries: attempts,
	})
	if err != nil {
		return nil, fmt.Errorf("endpoint %s: %w", c.Endpoint, err)
	}
	client.SetAppInfo("gantry", "")
	return &Store{client, c.Endpoint}, nil
}

// Get returns the content of an object. It fails with ErrTooLarge if that has more than limit
// bytes, and with ErrNotFound if there is no such object or bucket.
func (s *Store) Get(ctx context.Context, bucket, key string, limit int64) ([]byte, error) {
	body, _, _, err := s.client.GetObject(ctx, bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, s.failed("get", bucket, key, err)
	}
	defer body.Close()
	content, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return nil, s.failed("get", bucket, key, err)
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("get %s/%s at %s: %w: it has more than %d bytes", bucket, key, s.endpoint, ErrTooLarge, limit)
	}
	return content, nil
}

// Put makes an object with a content, or replaces it, in one request. The signature covers the
// content.
func (s *Store) Put(ctx context.Context, bucket, key, contentType string, content []byte) error {
	sum := sha256.Sum256(content)
	options := minio.PutObjectOptions{ContentType: contentType, DisableContentSha256: true} // no hash of each chunk: many stores do not know those
	_, err := s.client.PutObject(ctx, bucket, key, bytes.NewReader(content), int64(len(content)), "", hex.EncodeToString(sum[:]), options)
	if err != nil {
		return s.failed("put", bucket, key, err)
	}
	return nil
}

// failed describes an error. None has a key or a signature in it.
func (s *Store) failed(verb, bucket, key string, err error) error {
	switch answer := minio.ToErrorResponse(err); answer.Code {
	case minio.NoSuchKey, minio.NoSuchBucket:
		return fmt.Errorf("%s %s/%s at %s: %w: %s", verb, bucket, key, s.endpoint, ErrNotFound, answer.Message)
	}
	return fmt.Errorf("%s %s/%s at %s: %w", verb, bucket, key, s.endpoint, err)
}
