package ecs

import (
	"context"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

func (c *call) tagResource(ctx context.Context, in *TagResourceRequest) (*TagResourceResponse, error) {
	if err := protocol.CheckTags("tags", in.Tags); err != nil {
		return nil, err
	}
	resource, err := c.resource(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &TagResourceResponse{}, c.control.Tag(ctx, resource, in.Tags)
}

func (c *call) untagResource(ctx context.Context, in *UntagResourceRequest) (*UntagResourceResponse, error) {
	for i, key := range in.TagKeys {
		if err := protocol.CheckTagKey("tagKeys", i, key); err != nil {
			return nil, err
		}
	}
	resource, err := c.resource(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &UntagResourceResponse{}, c.control.Untag(ctx, resource, in.TagKeys)
}

func (c *call) listTagsForResource(ctx context.Context, in *ListTagsForResourceRequest) (*ListTagsForResourceResponse, error) {
	resource, err := c.resource(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	return &ListTagsForResourceResponse{Tags: orEmpty(v.Tags(resource))}, nil
}

// resource resolves the ARN of an existing resource that has tags. The old short ARNs of tasks and
// instances, which name no cluster, are accepted too.
func (c *call) resource(ctx context.Context, arn string) (structs.ResourceKey, error) {
	kind, rest, err := c.arns.Split("resourceArn", arn)
	if err != nil {
		return "", err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return "", err
	}
	cluster, id, long := strings.Cut(rest, "/")
	if !long {
		cluster, id = "", rest
	}
	switch kind {
	case kindCluster:
		if v.Cluster(rest) == nil {
			return "", structs.ErrClusterNotFound()
		}
		return structs.ClusterKey(rest), nil
	case kindGateway:
		if v.Gateway(rest) != nil {
			return structs.GatewayKey(rest), nil
		}
	case kindDefinition:
		if d := v.TaskDefinition(rest); d != nil {
			return structs.TaskDefinitionKey(d.Key()), nil
		}
	case kindTask:
		if t := v.Task(id); t != nil && (!long || t.Cluster == cluster) {
			return structs.TaskKey(t.Cluster, t.ID), nil
		}
	case kindInstance:
		if i := v.Instance(id); i != nil && (!long || i.Cluster == cluster) {
			return structs.InstanceKey(i.Cluster, i.ID), nil
		}
	case kindService:
		if !long {
			return "", structs.Errorf(structs.KindInvalidParameter,
				"Long arn format must be used for tagging operations. resourceArn: '%s' names no cluster; use %s", arn, c.arns.service("CLUSTER", rest))
		}
		if v.Service(cluster, id) != nil {
			return structs.ServiceKey(cluster, id), nil
		}
	case kindTaskSet:
		service, set, _ := strings.Cut(id, "/")
		if job := v.Service(cluster, service); job != nil && taskSetOf(v, job, set) != nil {
			return structs.TaskSetKey(job, set), nil
		}
	case kindProvider:
		if p := v.CapacityProvider(rest); p != nil && !structs.IsFargate(rest) {
			return structs.CapacityProviderKey(rest), nil
		}
	default:
		return "", unsupported("tags on a " + kind)
	}
	return "", structs.ErrResourceNotFound(arn)
}
