package iam

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

func (c *call) createPolicy(ctx context.Context, in *CreatePolicyRequest) (*CreatePolicyResponse, error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	p, err := c.control.CreatePolicy(ctx, structs.ManagedPolicy{Name: in.PolicyName, Path: in.Path, Description: in.Description}, in.PolicyDocument, tags)
	if err != nil {
		return nil, err
	}
	return &CreatePolicyResponse{Policy: c.policy(p, 0, tags)}, nil
}

// policy shows a managed policy, which is attached to a number of roles.
func (c *call) policy(p *structs.ManagedPolicy, attached int, tags []structs.Tag) *Policy {
	return &Policy{
		Arn: c.arn(p.Resource()), AttachmentCount: new(int32(attached)), CreateDate: p.CreatedAt, DefaultVersionId: p.Default,
		Description: p.Description, IsAttachable: new(true), Path: p.Path, PermissionsBoundaryUsageCount: new(int32(0)),
		PolicyId: p.ID, PolicyName: p.Name, Tags: shownTags(tags), UpdateDate: p.UpdatedAt,
	}
}

// awsPolicy shows a policy of AWS's own.
func awsPolicy(arn string, attached int) *Policy {
	_, resource, _ := strings.Cut(arn, ":"+structs.ResourcePolicy)
	at := strings.LastIndexByte(resource, '/')
	return &Policy{
		Arn: arn, AttachmentCount: new(int32(attached)), DefaultVersionId: "v1", IsAttachable: new(true), Path: resource[:at+1],
		PermissionsBoundaryUsageCount: new(int32(0)), PolicyName: resource[at+1:],
	}
}

// attachedTo returns the names of the roles that have a managed policy.
func attachedTo(snap view, arn string) (roles []string) {
	name, own := structs.PolicyName(arn)
	for r := range snap.Roles() {
		if slices.ContainsFunc(r.Attached, func(of string) bool {
			other, _ := structs.PolicyName(of)
			return own && other == name || of == arn
		}) {
			roles = append(roles, r.Name)
		}
	}
	return roles
}

// read returns the state, and a managed policy of the cluster's; nil if the ARN is one of AWS's.
func (c *call) read(ctx context.Context, arn string) (view, *structs.ManagedPolicy, error) {
	snap, err := c.control.Read(ctx)
	if err != nil {
		return nil, nil, err
	}
	if _, known := structs.AWSPolicy(arn); known {
		return snap, nil, nil
	}
	name, _ := structs.PolicyName(arn)
	if p := snap.ManagedPolicy(name); p != nil {
		return snap, p, nil
	}
	return nil, nil, structs.ErrPolicyNotFound(arn)
}

// own returns the name of a managed policy that can be changed.
func own(arn string) (string, error) {
	name, ok := structs.PolicyName(arn)
	if !ok {
		return "", refusal("InvalidInput", "%s is not the ARN of a policy of this cluster's; AWS's own cannot be changed", arn)
	}
	return name, nil
}

func (c *call) getPolicy(ctx context.Context, in *GetPolicyRequest) (*GetPolicyResponse, error) {
	snap, p, err := c.read(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	attached := len(attachedTo(snap, in.PolicyArn))
	if p == nil {
		return &GetPolicyResponse{Policy: awsPolicy(in.PolicyArn, attached)}, nil
	}
	return &GetPolicyResponse{Policy: c.policy(p, attached, snap.Tags(structs.ManagedPolicyKey(p.Name)))}, nil
}

func (c *call) listPolicies(ctx context.Context, in *ListPoliciesRequest) (*ListPoliciesResponse, error) {
	snap, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	if in.PolicyUsageFilter == "PermissionsBoundary" {
		return &ListPoliciesResponse{IsTruncated: new(false)}, nil
	}
	var rows []Policy
	if in.Scope != "AWS" {
		for p := range snap.ManagedPolicies() {
			rows = append(rows, *c.policy(p, len(attachedTo(snap, c.arn(p.Resource()))), nil))
		}
	}
	if in.Scope != "Local" {
		for _, arn := range structs.AWSPolicies() {
			rows = append(rows, *awsPolicy(arn, len(attachedTo(snap, arn))))
		}
	}
	rows = slices.DeleteFunc(rows, func(p Policy) bool {
		return !strings.HasPrefix(p.Path, in.PathPrefix) || in.OnlyAttached != nil && *in.OnlyAttached && *p.AttachmentCount == 0
	})
	slices.SortFunc(rows, func(a, b Policy) int { return cmp.Compare(a.Arn, b.Arn) })
	out := &ListPoliciesResponse{}
	out.Policies, out.IsTruncated, out.Marker, err = page("ListPolicies", rows, func(p Policy) string { return p.Arn }, in.MaxItems, in.Marker)
	return out, err
}

func (c *call) listEntitiesForPolicy(ctx context.Context, in *ListEntitiesForPolicyRequest) (*ListEntitiesForPolicyResponse, error) {
	snap, _, err := c.read(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	var rows []PolicyRole
	for _, name := range attachedTo(snap, in.PolicyArn) {
		if in.EntityFilter == "" || in.EntityFilter == "Role" {
			rows = append(rows, PolicyRole{RoleName: name, RoleId: snap.Role(name).ID})
		}
	}
	out := &ListEntitiesForPolicyResponse{}
	out.PolicyRoles, out.IsTruncated, out.Marker, err = page(
		"ListEntitiesForPolicy", rows, func(r PolicyRole) string { return r.RoleName }, in.MaxItems, in.Marker)
	return out, err
}

func (c *call) deletePolicy(ctx context.Context, in *DeletePolicyRequest) (*nothing, error) {
	name, err := own(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	return &nothing{}, c.control.DeletePolicy(ctx, name)
}

// documentOf returns the JSON of a policy of AWS's as Gantry takes it.
func documentOf(arn string) (string, error) {
	p, _ := structs.AWSPolicy(arn)
	text, err := json.Marshal(p)
	return string(text), err
}
