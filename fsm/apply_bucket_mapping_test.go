package fsm

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/structs"
)

// bucketMappingSamples are the samples about bucket mappings.
func bucketMappingSamples() map[string]structs.Command {
	return map[string]structs.Command{
		"put_bucket_mapping": structs.PutBucketMapping{Mapping: structs.BucketMapping{
			Bucket: "config", Endpoint: "https://s3.example.com", Region: "eu-central-1", VirtualHost: true, AccessKeyID: "AKIA1",
			Sealed: []byte{1, 2}, Directory: "/srv/config", UpdatedAt: 1_700_000_000_300, UpdatedBy: "arn:aws:iam::000000000000:user/me",
		}},
		"delete_bucket_mapping": structs.DeleteBucketMapping{Bucket: "config"},
	}
}

// anyBucketMapping draws a command about a mapping.
func anyBucketMapping() *rapid.Generator[structs.Command] {
	return draw(func(t *rapid.T) structs.Command {
		bucket := rapid.SampledFrom([]string{"config", "files", "logs"}).Draw(t, "bucket")
		if rapid.Bool().Draw(t, "unmap") {
			return structs.DeleteBucketMapping{Bucket: bucket}
		}
		return structs.PutBucketMapping{Mapping: structs.BucketMapping{Bucket: bucket, Directory: "/srv", UpdatedAt: anyTime.Draw(t, "at")}}
	})
}

// A second mapping of a bucket replaces the first.
func TestBucketMapping(t *testing.T) {
	h := newHarness(t)
	h.refused(structs.DeleteBucketMapping{Bucket: "config"}, structs.KindResourceNotFound, "bucket config is not mapped")
	for _, dir := range []string{"/a", "/b"} {
		h.do(structs.PutBucketMapping{Mapping: structs.BucketMapping{Bucket: "config", Directory: dir}})
	}
	h.do(structs.PutBucketMapping{Mapping: structs.BucketMapping{Bucket: "files", Endpoint: "http://minio:9000"}})
	if all := slices.Collect(h.snap().BucketMappings()); len(all) != 2 || all[0].Directory != "/b" {
		t.Errorf("mappings %+v", all)
	}
	h.do(structs.DeleteBucketMapping{Bucket: "config"})
	if h.snap().BucketMapping("config") != nil || h.snap().BucketMapping("files") == nil {
		t.Error("config is mapped still, or files is not")
	}
}
