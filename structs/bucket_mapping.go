package structs

import (
	"net/url"
	"path"
	"regexp"
	"strings"
)

// BucketMapping says where the objects of a bucket are. Task definitions name the bucket by its S3
// ARN, and stay as they are. Exactly one of Endpoint and Directory is set.
type BucketMapping struct {
	Bucket string `json:"bucket"`
	// Endpoint is the URL of a store that speaks the S3 API.
	Endpoint string `json:"endpoint,omitzero"`
	// Region is what requests to the endpoint are signed for; empty: us-east-1.
	Region string `json:"region,omitzero"`
	// VirtualHost puts the bucket in front of the endpoint's host name, not into the path.
	VirtualHost bool `json:"virtualHost,omitzero"`
	// AccessKeyID is the id of the key for the endpoint; empty: requests are not signed.
	AccessKeyID string `json:"accessKeyId,omitzero"`
	// Sealed is the encrypted secret of that key. It may be in the log, but never leaves the
	// servers.
	Sealed []byte `json:"-" cbor:"sealed,omitzero"`
	// Directory has the objects as files, on every server at the same path.
	Directory string `json:"directory,omitzero"`
	UpdatedAt Time   `json:"updatedAt,omitzero"`
	UpdatedBy string `json:"updatedBy,omitzero"` // the ARN of who mapped it
}

// BucketMappingRequest maps a bucket. Only it has the secret in the clear.
type BucketMappingRequest struct {
	BucketMapping
	SecretAccessKey string `json:"secretAccessKey,omitzero"`
}

// BucketMappingList is the native API's list of mappings.
type BucketMappingList struct {
	Mappings []*BucketMapping `json:"mappings"`
}

// PutBucketMapping maps a bucket, or maps it anew.
type PutBucketMapping struct {
	Mapping BucketMapping
}

// CommandType implements Command.
func (PutBucketMapping) CommandType() CommandType { return CmdPutBucketMapping }

// DeleteBucketMapping removes a mapping.
type DeleteBucketMapping struct {
	Bucket string
}

// CommandType implements Command.
func (DeleteBucketMapping) CommandType() CommandType { return CmdDeleteBucketMapping }

// BucketSealName is the name under which the secret for a bucket is sealed. The endpoint is part of
// it, so that a mapping that is changed in the state cannot send the secret's signatures elsewhere.
func BucketSealName(bucket, endpoint string) string { return "bucket " + bucket + " at " + endpoint }

// bucketName is S3's rule for names of buckets.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// Validate reports what is wrong with a mapping.
func (m *BucketMappingRequest) Validate() *Error {
	invalid := func(format string, args ...any) *Error { return Errorf(KindInvalidParameter, format, args...) }
	switch {
	case !bucketName.MatchString(m.Bucket):
		return invalid("bucket: %q is not the name of a bucket: 3 to 63 lower case letters, digits, dots and hyphens", m.Bucket)
	case (m.Endpoint == "") == (m.Directory == ""):
		return invalid("map bucket %s to one of these: an endpoint that speaks S3 (endpoint), a directory of the servers (directory)", m.Bucket)
	case m.Directory != "" && (m.Region != "" || m.VirtualHost || m.AccessKeyID != "" || m.SecretAccessKey != ""):
		return invalid("directory: it has no region, no virtual host and no access key")
	case m.Directory != "" && (!path.IsAbs(m.Directory) || path.Clean(m.Directory) != m.Directory || m.Directory == "/"):
		return invalid("directory: %q is not the absolute path of a directory without . and .. and without a slash at its end", m.Directory)
	case (m.AccessKeyID == "") != (m.SecretAccessKey == ""):
		return invalid("accessKeyId: give it and secretAccessKey, or neither")
	}
	if m.Directory != "" {
		return nil
	}
	u, err := url.Parse(m.Endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return invalid("endpoint: it is not a URL with a host and nothing more, such as https://s3.example.com or http://minio:9000")
	}
	return nil
}

// BucketNotMapped says what to do about a bucket that is not mapped.
func BucketNotMapped(bucket string) string {
	return "bucket " + bucket + " is not mapped; map it with: gantry bucket map " + bucket + " --endpoint URL --access-key-file FILE (or --directory DIR)"
}

// ErrBucketNotMapped means that there is no mapping of a bucket.
func ErrBucketNotMapped(bucket string) *Error {
	return Errorf(KindResourceNotFound, "%s", BucketNotMapped(bucket))
}

// ObjectARN returns the bucket and the key of an object from its ARN: arn:aws:s3:::BUCKET/KEY. ok
// is false for anything else.
func ObjectARN(arn string) (bucket, key string, ok bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "s3" {
		return "", "", false
	}
	bucket, key, ok = strings.Cut(parts[5], "/")
	return bucket, key, ok && bucketName.MatchString(bucket) && key != ""
}
