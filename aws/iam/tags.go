package iam

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

func (c *call) tagRole(ctx context.Context, in *TagRoleRequest) (*nothing, error) {
	return c.tag(ctx, structs.RoleKey(in.RoleName), in.Tags, c.hasRole(in.RoleName))
}

func (c *call) untagRole(ctx context.Context, in *UntagRoleRequest) (*nothing, error) {
	return c.untag(ctx, structs.RoleKey(in.RoleName), in.TagKeys, c.hasRole(in.RoleName))
}

func (c *call) tagPolicy(ctx context.Context, in *TagPolicyRequest) (*nothing, error) {
	name, err := own(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	return c.tag(ctx, structs.ManagedPolicyKey(name), in.Tags, c.hasPolicy(name))
}

func (c *call) untagPolicy(ctx context.Context, in *UntagPolicyRequest) (*nothing, error) {
	name, err := own(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	return c.untag(ctx, structs.ManagedPolicyKey(name), in.TagKeys, c.hasPolicy(name))
}

// exists fails in IAM's words if what is to be tagged does not exist.
type exists func(context.Context) error

func (c *call) hasRole(name string) exists {
	return func(ctx context.Context) error {
		_, err := c.control.Role(ctx, name)
		return err
	}
}

func (c *call) hasPolicy(name string) exists {
	return func(ctx context.Context) error {
		_, err := c.control.Policy(ctx, name)
		return err
	}
}

func (c *call) tag(ctx context.Context, key structs.ResourceKey, in []Tag, exists exists) (*nothing, error) {
	tags, err := tagsOf(in)
	if err == nil {
		err = exists(ctx)
	}
	if err != nil {
		return nil, err
	}
	return &nothing{}, c.control.Tag(ctx, key, tags)
}

func (c *call) untag(ctx context.Context, key structs.ResourceKey, keys []string, exists exists) (*nothing, error) {
	if err := exists(ctx); err != nil {
		return nil, err
	}
	return &nothing{}, c.control.Untag(ctx, key, keys)
}

func (c *call) listRoleTags(ctx context.Context, in *ListRoleTagsRequest) (*ListRoleTagsResponse, error) {
	if _, err := c.control.Role(ctx, in.RoleName); err != nil {
		return nil, err
	}
	tags, err := c.tags(ctx, structs.RoleKey(in.RoleName))
	return &ListRoleTagsResponse{IsTruncated: new(false), Tags: tags}, err
}

func (c *call) listPolicyTags(ctx context.Context, in *ListPolicyTagsRequest) (*ListPolicyTagsResponse, error) {
	_, p, err := c.read(ctx, in.PolicyArn)
	if err != nil || p == nil { // AWS's own have none
		return &ListPolicyTagsResponse{IsTruncated: new(false)}, err
	}
	tags, err := c.tags(ctx, structs.ManagedPolicyKey(p.Name))
	return &ListPolicyTagsResponse{IsTruncated: new(false), Tags: tags}, err
}

// tags returns all tags of a resource; they always fit on a page.
func (c *call) tags(ctx context.Context, key structs.ResourceKey) ([]Tag, error) {
	snap, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	return shownTags(snap.Tags(key)), nil
}
