// Package sts serves the part of the AWS STS API that tells callers who they are, and gives them
// temporary keys of roles.
package sts

import (
	"cmp"
	"context"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// New returns the STS API.
func New(c *control.Control) protocol.Service {
	open := func(r *protocol.Request) *call {
		return &call{control: c, arns: r.ARNs(), token: r.Token()}
	}
	// Everybody may ask who they are, whatever their policy says (AWS).
	identity := protocol.Frame[*call]{
		Open:      open,
		Authorize: func(*call, context.Context, *protocol.Request, any) error { return nil },
	}
	return protocol.Service{
		API: API,
		Codes: map[structs.Kind]string{
			structs.KindInvalidParameter:   "ValidationError",
			structs.KindUnsupportedFeature: "InvalidAction",
		},
		Actions: map[string]protocol.Action{
			"AssumeRole":        protocol.Handle(protocol.Frame[*call]{Open: open, Authorize: (*call).authorizeRole}, (*call).assumeRole),
			"GetCallerIdentity": protocol.Handle(identity, (*call).getCallerIdentity),
		},
	}
}

// call is one request in an action.
type call struct {
	control *control.Control
	arns    protocol.ARNs
	token   string // of the temporary key that the call shows
}

// getCallerIdentity returns the user whose access key the call is signed with, or the session of a
// role. Without a gate, as in gantry dev, a caller without a temporary key is the account's root.
func (c *call) getCallerIdentity(ctx context.Context, _ *GetCallerIdentityRequest) (*GetCallerIdentityResponse, error) {
	out := &GetCallerIdentityResponse{Account: c.arns.Account, Arn: c.arns.Principal(""), UserId: c.arns.Account}
	caller := control.CallerOf(ctx)
	if caller == nil && c.token != "" {
		if key, err := c.control.Session(c.token, c.control.Now().Std(), true); err == nil {
			caller = key.Caller
		}
	}
	if caller != nil && strings.HasPrefix(caller.ARN, "arn:") {
		out.Arn, out.UserId = caller.ARN, cmp.Or(caller.UserID, caller.Key)
	}
	return out, nil
}
