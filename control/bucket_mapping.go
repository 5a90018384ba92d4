package control

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// MapBucket says where the objects of a bucket are. It replaces an earlier mapping of the same
// bucket, keys included, and affects tasks that start after it. The answer has no secret.
func (c *Control) MapBucket(ctx context.Context, in structs.BucketMappingRequest) (structs.BucketMapping, error) {
	if err := in.Validate(); err != nil {
		return structs.BucketMapping{}, err
	}
	m := in.BucketMapping
	m.Sealed, m.UpdatedAt, m.UpdatedBy = nil, c.Now(), callerARN(ctx)
	if in.SecretAccessKey != "" {
		if c.config.BucketSealer == nil {
			return structs.BucketMapping{}, structs.Errorf(structs.KindUnsupportedFeature,
				"this server has nothing to encrypt access keys with; map the bucket to an endpoint that needs no key, or to a directory")
		}
		m.Sealed = c.config.BucketSealer.Seal(structs.BucketSealName(m.Bucket, m.Endpoint), []byte(in.SecretAccessKey))
	}
	_, err := c.config.Log.Apply(ctx, structs.PutBucketMapping{Mapping: m})
	return m, err
}

// UnmapBucket removes a mapping. Tasks that run keep what they have.
func (c *Control) UnmapBucket(ctx context.Context, bucket string) error {
	_, err := c.config.Log.Apply(ctx, structs.DeleteBucketMapping{Bucket: bucket})
	return err
}

// BucketMappings returns all mappings, without secrets.
func (c *Control) BucketMappings(ctx context.Context) (structs.BucketMappingList, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return structs.BucketMappingList{}, err
	}
	return structs.BucketMappingList{Mappings: slices.AppendSeq([]*structs.BucketMapping{}, snap.BucketMappings())}, nil
}

// BucketMapping returns the mapping of a bucket, without its secret.
func (c *Control) BucketMapping(ctx context.Context, bucket string) (*structs.BucketMapping, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	m := snap.BucketMapping(bucket)
	if m == nil {
		return nil, structs.ErrBucketNotMapped(bucket)
	}
	return m, nil
}
