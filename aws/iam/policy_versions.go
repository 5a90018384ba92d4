package iam

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

func (c *call) createPolicyVersion(ctx context.Context, in *CreatePolicyVersionRequest) (*CreatePolicyVersionResponse, error) {
	name, err := own(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	isDefault := in.SetAsDefault != nil && *in.SetAsDefault
	v, err := c.control.CreatePolicyVersion(ctx, name, in.PolicyDocument, isDefault)
	if err != nil {
		return nil, err
	}
	return &CreatePolicyVersionResponse{PolicyVersion: &PolicyVersion{VersionId: v.ID, IsDefaultVersion: &isDefault, CreateDate: v.CreatedAt}}, nil
}

func (c *call) getPolicyVersion(ctx context.Context, in *GetPolicyVersionRequest) (*GetPolicyVersionResponse, error) {
	_, p, err := c.read(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	if p == nil && in.VersionId == "v1" { // AWS's own
		document, err := documentOf(in.PolicyArn)
		out := &PolicyVersion{Document: encoded(document), VersionId: in.VersionId, IsDefaultVersion: new(true)}
		return &GetPolicyVersionResponse{PolicyVersion: out}, err
	}
	if p == nil || p.Of(in.VersionId) == nil {
		return nil, structs.Errorf(structs.KindResourceNotFound, "Policy %s version %s does not exist or is not attachable.", in.PolicyArn, in.VersionId)
	}
	out := shownVersion(p, *p.Of(in.VersionId))
	out.Document = encoded(p.Of(in.VersionId).Document)
	return &GetPolicyVersionResponse{PolicyVersion: &out}, nil
}

func shownVersion(p *structs.ManagedPolicy, v structs.PolicyVersion) PolicyVersion {
	return PolicyVersion{VersionId: v.ID, IsDefaultVersion: new(v.ID == p.Default), CreateDate: v.CreatedAt}
}

// listPolicyVersions lists the newest first. They always fit on a page.
func (c *call) listPolicyVersions(ctx context.Context, in *ListPolicyVersionsRequest) (*ListPolicyVersionsResponse, error) {
	_, p, err := c.read(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	out := &ListPolicyVersionsResponse{IsTruncated: new(false)}
	if p == nil {
		out.Versions = []PolicyVersion{{VersionId: "v1", IsDefaultVersion: new(true)}}
		return out, nil
	}
	for _, v := range slices.Backward(p.Versions) {
		out.Versions = append(out.Versions, shownVersion(p, v))
	}
	return out, nil
}

func (c *call) deletePolicyVersion(ctx context.Context, in *DeletePolicyVersionRequest) (*nothing, error) {
	name, err := own(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	return &nothing{}, c.control.DeletePolicyVersion(ctx, name, in.VersionId)
}

func (c *call) setDefaultPolicyVersion(ctx context.Context, in *SetDefaultPolicyVersionRequest) (*nothing, error) {
	name, err := own(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	return &nothing{}, c.control.SetDefaultPolicyVersion(ctx, name, in.VersionId)
}
