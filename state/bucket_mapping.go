package state

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var bucketMappings = Declare(Declaration[structs.BucketMapping]{
	Table: 57, Name: "bucket mappings",
	Less: func(a, b *structs.BucketMapping) bool { return a.Bucket < b.Bucket },
})

// BucketMapping returns the mapping of a bucket, or nil if it has none.
func (s *Snapshot) BucketMapping(bucket string) *structs.BucketMapping {
	return bucketMappings.get(s, &structs.BucketMapping{Bucket: bucket})
}

// BucketMappings returns all mappings by bucket.
func (s *Snapshot) BucketMappings() iter.Seq[*structs.BucketMapping] { return bucketMappings.all(s) }

// PutBucketMapping adds a mapping, or replaces the one of the same bucket.
func (tx *Tx) PutBucketMapping(m *structs.BucketMapping) { bucketMappings.put(tx, m) }

// RemoveBucketMapping removes a mapping.
func (tx *Tx) RemoveBucketMapping(m *structs.BucketMapping) { bucketMappings.remove(tx, m) }
