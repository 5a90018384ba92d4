package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gantry-project/gantry/structs"
)

const bucketsPath = "/v1/buckets"

// MapBucket says where the objects of a bucket are.
func (c *Client) MapBucket(ctx context.Context, m structs.BucketMappingRequest) (structs.BucketMapping, error) {
	var out structs.BucketMapping
	err := c.do(ctx, http.MethodPut, bucketsPath+"/"+url.PathEscape(m.Bucket), nil, m, &out)
	return out, err
}

// BucketMappings lists the mappings.
func (c *Client) BucketMappings(ctx context.Context) (structs.BucketMappingList, error) {
	var out structs.BucketMappingList
	err := c.do(ctx, http.MethodGet, bucketsPath, nil, nil, &out)
	return out, err
}

// BucketMapping returns the mapping of a bucket.
func (c *Client) BucketMapping(ctx context.Context, bucket string) (structs.BucketMapping, error) {
	var out structs.BucketMapping
	err := c.do(ctx, http.MethodGet, bucketsPath+"/"+url.PathEscape(bucket), nil, nil, &out)
	return out, err
}

// UnmapBucket removes a mapping.
func (c *Client) UnmapBucket(ctx context.Context, bucket string) error {
	return c.do(ctx, http.MethodDelete, bucketsPath+"/"+url.PathEscape(bucket), nil, nil, nil)
}
