package logs

import (
	"context"
	"maps"
	"slices"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

func (c *call) tagResource(ctx context.Context, in *TagResourceRequest) (*struct{}, error) {
	return c.tag(ctx, "", in.ResourceArn, in.Tags)
}

func (c *call) tagLogGroup(ctx context.Context, in *TagLogGroupRequest) (*struct{}, error) {
	return c.tag(ctx, in.LogGroupName, "", in.Tags)
}

func (c *call) untagResource(ctx context.Context, in *UntagResourceRequest) (*struct{}, error) {
	return c.untag(ctx, "", in.ResourceArn, in.TagKeys)
}

func (c *call) untagLogGroup(ctx context.Context, in *UntagLogGroupRequest) (*struct{}, error) {
	return c.untag(ctx, in.LogGroupName, "", in.Tags)
}

func (c *call) listTagsForResource(ctx context.Context, in *ListTagsForResourceRequest) (*ListTagsForResourceResponse, error) {
	tags, err := c.tags(ctx, "", in.ResourceArn)
	return &ListTagsForResourceResponse{Tags: tags}, err
}

func (c *call) listTagsLogGroup(ctx context.Context, in *ListTagsLogGroupRequest) (*ListTagsLogGroupResponse, error) {
	tags, err := c.tags(ctx, in.LogGroupName, "")
	return &ListTagsLogGroupResponse{Tags: tags}, err
}

func (c *call) tag(ctx context.Context, name, arn string, tags map[string]string) (*struct{}, error) {
	set, err := tagsOf(tags)
	if err != nil {
		return nil, err
	}
	g, err := c.tagged(ctx, name, arn)
	if err != nil {
		return nil, err
	}
	return &struct{}{}, c.control.Tag(ctx, structs.LogGroupKey(g.Name), set)
}

func (c *call) untag(ctx context.Context, name, arn string, keys []string) (*struct{}, error) {
	g, err := c.tagged(ctx, name, arn)
	if err != nil {
		return nil, err
	}
	return &struct{}{}, c.control.Untag(ctx, structs.LogGroupKey(g.Name), keys)
}

func (c *call) tags(ctx context.Context, name, arn string) (map[string]string, error) {
	g, err := c.tagged(ctx, name, arn)
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, t := range v.Tags(structs.LogGroupKey(g.Name)) {
		out[t.Key] = t.Value
	}
	return out, nil
}

// tagged returns the log group that a call on tags names, by its name or its ARN.
func (c *call) tagged(ctx context.Context, name, arn string) (*structs.LogGroup, error) {
	if arn != "" {
		var err error
		if name, err = c.arns.groupOf("resourceArn", arn); err != nil {
			return nil, err
		}
	}
	return c.group(ctx, name, "")
}

// tagsOf returns tags in the order of their keys.
func tagsOf(tags map[string]string) ([]structs.Tag, error) {
	var out []structs.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, structs.Tag{Key: key, Value: tags[key]})
	}
	return out, protocol.CheckTags("tags", out)
}
