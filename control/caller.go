package control

import (
	"cmp"
	"context"
	"maps"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// Caller is who makes a call, with the last permission that was checked. Each call has its own. It
// is not safe for concurrent use.
type Caller struct {
	ARN string
	// Key is the id of the access key used; empty if there was a certificate, or no credentials.
	Key string
	// Policy is what the caller may do; nil means everything.
	Policy *structs.Policy
	// Instance is the container instance whose agent calls; empty if the caller is not an agent.
	Instance string
	// Role is the ARN of the role whose session calls, and UserID its id with the session's name.
	// Empty if the caller is not a session.
	Role, UserID string

	// Action and Resources are those of the last call of Authorize, for the audit log.
	Action    string
	Resources []string
	// Details say more about the call, for the audit log.
	Details map[string]string
}

// Detail adds to what the audit log says about the call of a context.
func Detail(ctx context.Context, name, value string) {
	if c := CallerOf(ctx); c != nil {
		if c.Details == nil {
			c.Details = map[string]string{}
		}
		c.Details[name] = value
	}
}

type callerKey struct{}

// WithCaller returns a context whose calls are made by c. Without a caller, nothing is checked
// (gantry dev).
func WithCaller(ctx context.Context, c *Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf returns who makes the calls of a context; nil means that nothing is checked.
func CallerOf(ctx context.Context) *Caller {
	c, _ := ctx.Value(callerKey{}).(*Caller)
	return c
}

// callerARN returns the ARN of CallerOf; empty if there is none.
func callerARN(ctx context.Context) string {
	if c := CallerOf(ctx); c != nil {
		return c.ARN
	}
	return ""
}

// Resource is a resource that an action is on: its ARN, and the condition keys that the request has
// for it.
type Resource struct {
	ARN  string
	Keys structs.PolicyKeys
}

// Authorize fails unless the caller may do an action on all of these resources, or without
// resources if none are given. The door calls it before the verb. The error's text is IAM's.
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

// AuthorizeAlso is like Authorize, for a permission that a call needs besides its own action. The
// audit log does not show it.
func AuthorizeAlso(ctx context.Context, action string, resources ...Resource) error {
	if c := CallerOf(ctx); c != nil {
		defer func(action string, resources []string) { c.Action, c.Resources = action, resources }(c.Action, c.Resources)
	}
	return Authorize(ctx, action, resources...)
}

// PrincipalOf returns the caller of a context in the form of account settings: the resource part of
// its ARN, or that of its role. A caller that is neither user nor role is the account itself.
func PrincipalOf(ctx context.Context) string {
	if c := CallerOf(ctx); c != nil {
		if parts := strings.SplitN(cmp.Or(c.Role, c.ARN), ":", 6); len(parts) == 6 {
			return parts[5]
		}
	}
	return structs.PrincipalRoot
}

// keys adds the condition keys of the caller to those of a request.
func (c *Caller) keys(of structs.PolicyKeys) structs.PolicyKeys {
	out := structs.PolicyKeys{}
	maps.Copy(out, of)
	out.Set("aws:PrincipalArn", cmp.Or(c.Role, c.ARN))
	if _, name, ok := strings.Cut(c.ARN, ":user/"); ok {
		out.Set("aws:username", name)
	}
	if id := cmp.Or(c.UserID, c.Key); id != "" {
		out.Set("aws:userid", id)
	}
	out.Set("aws:SecureTransport", "true") // all callers with a policy use TLS (access)
	return out
}

// UserARN returns the ARN of the holder of an access key.
func UserARN(k *structs.AccessKey) string {
	return "arn:aws:iam::000000000000:user/" + cmp.Or(k.Name, k.ID)
}
