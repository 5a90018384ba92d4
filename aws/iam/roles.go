package iam

import (
	"context"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

func (c *call) createRole(ctx context.Context, in *CreateRoleRequest) (*CreateRoleResponse, error) {
	tags, err := tagsOf(in.Tags)
	if err == nil {
		err = noBoundary(in.PermissionsBoundary)
	}
	if err != nil {
		return nil, err
	}
	role := structs.Role{Name: in.RoleName, Path: in.Path, Description: in.Description, Trust: in.AssumeRolePolicyDocument}
	if in.MaxSessionDuration != nil {
		role.MaxSession = *in.MaxSessionDuration
	}
	made, err := c.control.CreateRole(ctx, role, tags)
	if err != nil {
		return nil, err
	}
	return &CreateRoleResponse{Role: c.role(made, tags)}, nil
}

// role shows a role. Tags are shown where a single role is.
func (c *call) role(r *structs.Role, tags []structs.Tag) *Role {
	return &Role{
		Arn: c.arn(r.Resource()), AssumeRolePolicyDocument: encoded(r.Trust), CreateDate: r.CreatedAt, Description: r.Description,
		MaxSessionDuration: new(r.MaxSession), Path: r.Path, RoleId: r.ID, RoleName: r.Name, Tags: shownTags(tags),
	}
}

func (c *call) getRole(ctx context.Context, in *GetRoleRequest) (*GetRoleResponse, error) {
	snap, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	r := snap.Role(in.RoleName)
	if r == nil {
		return nil, structs.ErrRoleNotFound(in.RoleName)
	}
	out := c.role(r, snap.Tags(structs.RoleKey(r.Name)))
	out.RoleLastUsed = &RoleLastUsed{} // not recorded
	return &GetRoleResponse{Role: out}, nil
}

func (c *call) listRoles(ctx context.Context, in *ListRolesRequest) (*ListRolesResponse, error) {
	list, err := c.control.Roles(ctx)
	if err != nil {
		return nil, err
	}
	var rows []Role
	for _, r := range list.Roles {
		if strings.HasPrefix(r.Path, in.PathPrefix) {
			rows = append(rows, *c.role(r, nil))
		}
	}
	out := &ListRolesResponse{}
	out.Roles, out.IsTruncated, out.Marker, err = page("ListRoles", rows, func(r Role) string { return r.RoleName }, in.MaxItems, in.Marker)
	return out, err
}

func (c *call) deleteRole(ctx context.Context, in *DeleteRoleRequest) (*nothing, error) {
	return &nothing{}, c.control.DeleteRole(ctx, in.RoleName, false)
}

// updateRole leaves what the request does not name as it is.
func (c *call) updateRole(ctx context.Context, in *UpdateRoleRequest) (*UpdateRoleResponse, error) {
	_, err := c.control.ChangeRole(ctx, in.RoleName, func(r *structs.Role) error {
		if in.Description != "" {
			r.Description = in.Description
		}
		if in.MaxSessionDuration != nil {
			r.MaxSession = *in.MaxSessionDuration
		}
		return nil
	})
	return &UpdateRoleResponse{}, err
}

func (c *call) updateRoleDescription(ctx context.Context, in *UpdateRoleDescriptionRequest) (*UpdateRoleDescriptionResponse, error) {
	r, err := c.control.ChangeRole(ctx, in.RoleName, func(r *structs.Role) error {
		r.Description = in.Description
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &UpdateRoleDescriptionResponse{Role: c.role(r, nil)}, nil
}

func (c *call) updateAssumeRolePolicy(ctx context.Context, in *UpdateAssumeRolePolicyRequest) (*nothing, error) {
	_, err := c.control.ChangeRole(ctx, in.RoleName, func(r *structs.Role) error {
		r.Trust = in.PolicyDocument
		return nil
	})
	return &nothing{}, err
}

// listInstanceProfilesForRole answers what tools ask before they delete a role. There are no
// instance profiles.
func (c *call) listInstanceProfilesForRole(ctx context.Context, in *ListInstanceProfilesForRoleRequest) (*ListInstanceProfilesForRoleResponse, error) {
	_, err := c.control.Role(ctx, in.RoleName)
	return &ListInstanceProfilesForRoleResponse{IsTruncated: new(false)}, err
}

// tagsOf reads the tags of a request.
func tagsOf(in []Tag) ([]structs.Tag, error) {
	var tags []structs.Tag
	for _, t := range in {
		tags = append(tags, structs.Tag{Key: t.Key, Value: t.Value})
	}
	return tags, protocol.CheckTags("Tags", tags)
}

func shownTags(tags []structs.Tag) (out []Tag) {
	for _, t := range tags {
		out = append(out, Tag{Key: t.Key, Value: t.Value})
	}
	return out
}
