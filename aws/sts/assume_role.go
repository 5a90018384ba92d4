package sts

import (
	"context"
	"net/http"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// authorizeRole asks whether the caller's policy lets it assume the role. Whether the role's trust
// policy does is asked by the verb.
func (c *call) authorizeRole(ctx context.Context, r *protocol.Request, request any) error {
	in, isAssume := request.(*AssumeRoleRequest)
	if !isAssume || control.CallerOf(ctx) == nil {
		return nil
	}
	arn, err := c.control.RoleResource(ctx, in.RoleArn)
	if err != nil {
		return err
	}
	keys := structs.PolicyKeys{}
	keys.Set("aws:RequestedRegion", c.arns.Region)
	keys.Set("sts:RoleSessionName", in.RoleSessionName)
	if in.ExternalId != "" {
		keys.Set("sts:ExternalId", in.ExternalId)
	}
	return control.Authorize(ctx, r.Action(), control.Resource{ARN: arn, Keys: keys})
}

func (c *call) assumeRole(ctx context.Context, in *AssumeRoleRequest) (*AssumeRoleResponse, error) {
	for name, given := range map[string]bool{
		"Policy": in.Policy != "", "PolicyArns": len(in.PolicyArns) > 0, "ProvidedContexts": len(in.ProvidedContexts) > 0,
		"SerialNumber": in.SerialNumber != "", "SourceIdentity": in.SourceIdentity != "", "Tags": len(in.Tags) > 0,
		"TokenCode": in.TokenCode != "", "TransitiveTagKeys": len(in.TransitiveTagKeys) > 0,
	} {
		if given {
			return nil, &protocol.Error{
				Status: http.StatusBadRequest, Code: "ValidationError", Message: name + ": Gantry's sessions do not have this; leave it out",
			}
		}
	}
	ask := structs.AssumeRoleRequest{Role: in.RoleArn, Session: in.RoleSessionName, ExternalID: in.ExternalId}
	if in.DurationSeconds != nil {
		ask.Seconds = *in.DurationSeconds
	}
	got, err := c.control.AssumeRole(ctx, ask)
	if err != nil {
		return nil, err
	}
	return &AssumeRoleResponse{
		AssumedRoleUser: &AssumedRoleUser{Arn: got.ARN, AssumedRoleId: got.UserID},
		Credentials: &Credentials{
			AccessKeyId: got.AccessKeyID, SecretAccessKey: got.SecretAccessKey, SessionToken: got.Token, Expiration: got.Expires,
		},
	}, nil
}
