package control

import (
	"cmp"
	"context"
	"maps"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// Caller is who makes a call, and what became of it so far. One call, one Caller; not safe for
// concurrent use.
type Caller struct {
	ARN string
	// Key is the id of the access key that the call was made with; empty: a certificate, or none.
	Key string
	// Policy is what the caller may do; nil: everything.
	Policy *structs.Policy
	// Instance is the container instance whose agent this is; empty: it is no agent.
	Instance string

	// Action and Resources are what was last asked of Authorize, for the audit log.
	Action    string
	Resources []string
}

type callerKey struct{}

// WithCaller says who makes the calls of a context. Without it nobody asks (gantry dev).
func WithCaller(ctx context.Context, c *Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf is who makes the calls of a context; nil: nobody asks.
func CallerOf(ctx context.Context) *Caller {
	c, _ := ctx.Value(callerKey{}).(*Caller)
	return c
}

// callerARN is the ARN of who makes the calls of a context; empty: nobody asks.
func callerARN(ctx context.Context) string {
	if c := CallerOf(ctx); c != nil {
		return c.ARN
	}
	return ""
}

// Resource is one that an action is on: its ARN, and the condition keys of the request as they are
// for it.
type Resource struct {
	ARN  string
	Keys structs.PolicyKeys
}

// Authorize says whether the caller may do an action on all of these resources (none: on none in
// particular). The door asks before the verb. The text is IAM's.
func Authorize(ctx context.Context, action string, resources ...Resource) error {
	c := CallerOf(ctx)
	if c == nil {
		return nil
	}
	if len(resources) == 0 {
		resources = []Resource{{ARN: structs.AnyResource}}
	}
	c.Action, c.Resources = action, nil
	for _, r := range resources {
		c.Resources = append(c.Resources, r.ARN)
	}
	if c.Policy == nil {
		return nil
	}
	for _, r := range resources {
		because := ""
		switch c.Policy.Decide(action, r.ARN, c.keys(r.Keys)) {
		case structs.Allowed:
			continue
		case structs.Denied:
			because = "with an explicit deny in an identity-based policy"
		default:
			because = "because no identity-based policy allows the " + action + " action"
		}
		return structs.Errorf(structs.KindAccessDenied, "User: %s is not authorized to perform: %s on resource: %s %s", c.ARN, action, r.ARN, because)
	}
	return nil
}

// AuthorizeAlso is Authorize for what a call needs beside its own action, which the audit log does
// not name.
func AuthorizeAlso(ctx context.Context, action string, resources ...Resource) error {
	if c := CallerOf(ctx); c != nil {
		defer func(action string, resources []string) { c.Action, c.Resources = action, resources }(c.Action, c.Resources)
	}
	return Authorize(ctx, action, resources...)
}

// PrincipalOf names who makes the calls of a context, as account settings do: the resource part of
// its ARN. Who is no user, with the cluster's secret or where nobody asks, is the account itself.
func PrincipalOf(ctx context.Context) string {
	if c := CallerOf(ctx); c != nil {
		if parts := strings.SplitN(c.ARN, ":", 6); len(parts) == 6 {
			return parts[5]
		}
	}
	return structs.PrincipalRoot
}

// keys adds what policies can ask of the caller to the keys of a request.
func (c *Caller) keys(of structs.PolicyKeys) structs.PolicyKeys {
	out := structs.PolicyKeys{}
	maps.Copy(out, of)
	out.Set("aws:PrincipalArn", c.ARN)
	if _, name, ok := strings.Cut(c.ARN, ":user/"); ok {
		out.Set("aws:username", name)
	}
	if c.Key != "" {
		out.Set("aws:userid", c.Key)
	}
	out.Set("aws:SecureTransport", "true") // those that are asked about come by TLS (access)
	return out
}

// UserARN is how the holder of an access key is named.
func UserARN(k *structs.AccessKey) string {
	return "arn:aws:iam::000000000000:user/" + cmp.Or(k.Name, k.ID)
}
