package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

func (c *call) putRolePolicy(ctx context.Context, in *PutRolePolicyRequest) (*nothing, error) {
	_, err := c.control.ChangeRole(ctx, in.RoleName, func(r *structs.Role) error {
		if p := r.Policy(in.PolicyName); p != nil {
			p.Document = in.PolicyDocument
			return nil
		}
		r.Policies = append(r.Policies, structs.RolePolicy{Name: in.PolicyName, Document: in.PolicyDocument})
		return nil
	})
	return &nothing{}, err
}

func (c *call) getRolePolicy(ctx context.Context, in *GetRolePolicyRequest) (*GetRolePolicyResponse, error) {
	r, err := c.control.Role(ctx, in.RoleName)
	if err != nil {
		return nil, err
	}
	p := r.Policy(in.PolicyName)
	if p == nil {
		return nil, errNoRolePolicy(in.PolicyName)
	}
	return &GetRolePolicyResponse{RoleName: r.Name, PolicyName: p.Name, PolicyDocument: encoded(p.Document)}, nil
}

func errNoRolePolicy(name string) error {
	return structs.Errorf(structs.KindResourceNotFound, "The role policy with name %s cannot be found.", name)
}

func (c *call) listRolePolicies(ctx context.Context, in *ListRolePoliciesRequest) (*ListRolePoliciesResponse, error) {
	r, err := c.control.Role(ctx, in.RoleName)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, p := range r.Policies {
		names = append(names, p.Name)
	}
	out := &ListRolePoliciesResponse{}
	out.PolicyNames, out.IsTruncated, out.Marker, err = page("ListRolePolicies", names, func(name string) string { return name }, in.MaxItems, in.Marker)
	return out, err
}

func (c *call) deleteRolePolicy(ctx context.Context, in *DeleteRolePolicyRequest) (*nothing, error) {
	_, err := c.control.ChangeRole(ctx, in.RoleName, func(r *structs.Role) error {
		if r.Policy(in.PolicyName) == nil {
			return errNoRolePolicy(in.PolicyName)
		}
		r.Policies = slices.DeleteFunc(r.Policies, func(p structs.RolePolicy) bool { return p.Name == in.PolicyName })
		return nil
	})
	return &nothing{}, err
}

// attachRolePolicy does nothing if the role has the policy already (IAM).
func (c *call) attachRolePolicy(ctx context.Context, in *AttachRolePolicyRequest) (*nothing, error) {
	_, err := c.control.ChangeRole(ctx, in.RoleName, func(r *structs.Role) error {
		if !slices.Contains(r.Attached, in.PolicyArn) {
			r.Attached = append(r.Attached, in.PolicyArn)
		}
		return nil
	})
	return &nothing{}, err
}

func (c *call) detachRolePolicy(ctx context.Context, in *DetachRolePolicyRequest) (*nothing, error) {
	_, err := c.control.ChangeRole(ctx, in.RoleName, func(r *structs.Role) error {
		if !slices.Contains(r.Attached, in.PolicyArn) {
			return structs.Errorf(structs.KindResourceNotFound, "Policy %s was not found.", in.PolicyArn)
		}
		r.Attached = slices.DeleteFunc(r.Attached, func(arn string) bool { return arn == in.PolicyArn })
		return nil
	})
	return &nothing{}, err
}

func (c *call) listAttachedRolePolicies(ctx context.Context, in *ListAttachedRolePoliciesRequest) (*ListAttachedRolePoliciesResponse, error) {
	r, err := c.control.Role(ctx, in.RoleName)
	if err != nil {
		return nil, err
	}
	var rows []AttachedPolicy
	for _, arn := range slices.Sorted(slices.Values(r.Attached)) {
		_, resource, _ := strings.Cut(arn, ":"+structs.ResourcePolicy)
		if strings.HasPrefix(resource, in.PathPrefix) {
			rows = append(rows, AttachedPolicy{PolicyArn: arn, PolicyName: resource[strings.LastIndexByte(resource, '/')+1:]})
		}
	}
	out := &ListAttachedRolePoliciesResponse{}
	out.AttachedPolicies, out.IsTruncated, out.Marker, err = page(
		"ListAttachedRolePolicies", rows, func(p AttachedPolicy) string { return p.PolicyArn }, in.MaxItems, in.Marker)
	return out, err
}
