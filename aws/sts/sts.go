// Package sts serves the part of the AWS STS API that tells callers who they are.
package sts

import (
	"context"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// New returns the STS API.
func New() protocol.Service {
	frame := protocol.Frame[*call]{
		Open: func(r *protocol.Request) *call { return &call{arns: r.ARNs()} },
		// Everybody may ask who they are, whatever their policy says (AWS).
		Authorize: func(*call, context.Context, *protocol.Request, any) error { return nil },
	}
	return protocol.Service{
		API: API,
		Codes: map[structs.Kind]string{
			structs.KindInvalidParameter:   "ValidationError",
			structs.KindUnsupportedFeature: "InvalidAction",
		},
		Actions: map[string]protocol.Action{"GetCallerIdentity": protocol.Handle(frame, (*call).getCallerIdentity)},
	}
}

// call is one request in an action.
type call struct{ arns protocol.ARNs }

// getCallerIdentity returns the user whose access key the call is signed with. Without a gate, as
// in gantry dev, the caller is the account's root.
func (c *call) getCallerIdentity(ctx context.Context, _ *GetCallerIdentityRequest) (*GetCallerIdentityResponse, error) {
	out := &GetCallerIdentityResponse{Account: c.arns.Account, Arn: c.arns.Principal(""), UserId: c.arns.Account}
	if caller := control.CallerOf(ctx); caller != nil && strings.HasPrefix(caller.ARN, "arn:") {
		out.Arn, out.UserId = caller.ARN, caller.Key
	}
	return out, nil
}
