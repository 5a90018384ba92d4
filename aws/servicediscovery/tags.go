package servicediscovery

import (
	"context"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

func tagsOf(given []Tag) (list []structs.Tag, err error) {
	for _, t := range given {
		list = append(list, structs.Tag{Key: t.Key, Value: t.Value})
	}
	return list, protocol.CheckTags("Tags", list)
}

// tagged returns the key of the resource that an ARN names.
func (c *call) tagged(ctx context.Context, arn string) (structs.ResourceKey, error) {
	kind, _, err := c.arns.Split("ResourceARN", arn)
	if err != nil {
		return "", err
	}
	if kind == "namespace" {
		v, err := c.control.Read(ctx)
		if err != nil {
			return "", err
		}
		n, err := c.namespace(v, "ResourceARN", arn)
		if err != nil {
			return "", structs.Errorf(structs.KindResourceNotFound, "%s", err.Error())
		}
		return structs.NamespaceKey(n.ID), nil
	}
	_, s, err := c.service(ctx, "ResourceARN", arn)
	if err != nil {
		return "", structs.Errorf(structs.KindResourceNotFound, "%s", err.Error())
	}
	return structs.DiscoveryServiceKey(s.ID), nil
}

func (c *call) tagResource(ctx context.Context, in *TagResourceRequest) (*TagResourceResponse, error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	key, err := c.tagged(ctx, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	return &TagResourceResponse{}, c.control.Tag(ctx, key, tags)
}

func (c *call) untagResource(ctx context.Context, in *UntagResourceRequest) (*UntagResourceResponse, error) {
	key, err := c.tagged(ctx, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	return &UntagResourceResponse{}, c.control.Untag(ctx, key, in.TagKeys)
}

func (c *call) listTagsForResource(ctx context.Context, in *ListTagsForResourceRequest) (*ListTagsForResourceResponse, error) {
	key, err := c.tagged(ctx, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := &ListTagsForResourceResponse{}
	for _, t := range v.Tags(key) {
		out.Tags = append(out.Tags, Tag{Key: t.Key, Value: t.Value})
	}
	return out, nil
}
