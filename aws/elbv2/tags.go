package elbv2

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

// tagsOf reads the tags of a request.
func tagsOf(in []Tag) ([]structs.Tag, error) {
	var tags []structs.Tag
	for _, t := range in {
		if slices.ContainsFunc(tags, func(o structs.Tag) bool { return o.Key == t.Key }) {
			return nil, &protocol.Error{Status: http.StatusBadRequest, Code: "DuplicateTagKeys", Message: "The tag key '" + t.Key + "' is given twice"}
		}
		tags = append(tags, structs.Tag{Key: t.Key, Value: t.Value})
	}
	return tags, protocol.CheckTags("Tags", tags)
}

// tagged returns the keys of the resources of ARNs, all of which must exist.
func (c *call) tagged(v view, arns []string) ([]structs.ResourceKey, error) {
	var keys []structs.ResourceKey
	for _, arn := range arns {
		r, err := structs.ParseTrafficARN(c.region, c.account, arn,
			structs.ResourceLoadBalancer, structs.ResourceTargetGroup, structs.ResourceListener, structs.ResourceListenerRule)
		if err == nil {
			switch r.Kind {
			case structs.ResourceLoadBalancer:
				_, err = c.loadBalancer(v, arn)
			case structs.ResourceTargetGroup:
				_, err = c.targetGroup(v, arn)
			case structs.ResourceListener:
				_, _, err = c.listener(v, arn)
			case structs.ResourceListenerRule:
				_, _, _, err = c.rule(v, arn)
			}
		}
		if err != nil {
			return nil, err
		}
		keys = append(keys, strings.TrimPrefix(arn, c.arn("")))
	}
	return keys, nil
}

func (c *call) addTags(ctx context.Context, in *AddTagsInput) (*AddTagsOutput, error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := c.tagged(snap, in.ResourceArns)
	if err != nil {
		return nil, err
	}
	return &AddTagsOutput{}, c.traffic.Tag(ctx, tags, keys...)
}

func (c *call) removeTags(ctx context.Context, in *RemoveTagsInput) (*RemoveTagsOutput, error) {
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := c.tagged(snap, in.ResourceArns)
	if err != nil {
		return nil, err
	}
	return &RemoveTagsOutput{}, c.traffic.Untag(ctx, in.TagKeys, keys...)
}

// maxTagged is of how many resources one call shows the tags (elbv2).
const maxTagged = 20

func (c *call) describeTags(ctx context.Context, in *DescribeTagsInput) (*DescribeTagsOutput, error) {
	if n := len(in.ResourceArns); n > maxTagged {
		return nil, structs.Errorf(structs.KindInvalidParameter, "ResourceArns: there are %d, and can be %d", n, maxTagged)
	}
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := c.tagged(snap, in.ResourceArns)
	if err != nil {
		return nil, err
	}
	out := &DescribeTagsOutput{}
	for n, key := range keys {
		shown := TagDescription{ResourceArn: in.ResourceArns[n], Tags: []Tag{}}
		for _, t := range snap.Tags(key) {
			shown.Tags = append(shown.Tags, Tag{Key: t.Key, Value: t.Value})
		}
		out.TagDescriptions = append(out.TagDescriptions, shown)
	}
	return out, nil
}
