package iam

import (
	"cmp"
	"context"
	"reflect"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// authorize asks whether the caller may carry out an action on the role or the policy that its
// request names. structs.ActionOf has the resources and condition keys of each action.
func (c *call) authorize(ctx context.Context, r *protocol.Request, request any) error {
	if control.CallerOf(ctx) == nil {
		return nil
	}
	snap, err := c.control.Read(ctx)
	if err != nil {
		return err
	}
	in := reflect.ValueOf(request).Elem()
	keys := structs.PolicyKeys{}
	keys.Set("aws:RequestedRegion", c.region)
	if tags, ok := member(in, "Tags").([]Tag); ok {
		for _, t := range tags {
			keys.Set("aws:TagKeys", t.Key)
			keys.Set(structs.KeyRequestTag+t.Key, t.Value)
		}
	}
	if named, ok := member(in, "TagKeys").([]string); ok && len(named) > 0 {
		keys.Set("aws:TagKeys", named...)
	}
	resource, tagged := "", ""
	action := structs.ActionOf(r.Action())
	switch {
	case len(action.Resources) == 0:
		return control.Authorize(ctx, r.Action(), control.Resource{ARN: structs.AnyResource, Keys: keys})
	case action.Resources[0] == structs.ResourceRole:
		name := text(in, "RoleName")
		resource, tagged = structs.ResourceRole+cmp.Or(text(in, "Path"), "/")+name, structs.RoleKey(name)
		if role := snap.Role(name); role != nil {
			resource = role.Resource()
		}
		if arn := text(in, "PolicyArn"); arn != "" {
			keys.Set("iam:PolicyARN", c.policyARN(snap, arn))
		}
	default:
		arn := text(in, "PolicyArn")
		name := cmp.Or(text(in, "PolicyName"), arn[strings.LastIndexByte(arn, '/')+1:])
		resource, tagged = structs.ResourcePolicy+cmp.Or(text(in, "Path"), "/")+name, structs.ManagedPolicyKey(name)
		if _, known := structs.AWSPolicy(arn); known {
			return control.Authorize(ctx, r.Action(), control.Resource{ARN: arn, Keys: keys})
		}
		if p := snap.ManagedPolicy(name); p != nil {
			resource = p.Resource()
		}
	}
	for _, t := range snap.Tags(tagged) {
		keys.Set(structs.KeyResourceTag+t.Key, t.Value)
	}
	return control.Authorize(ctx, r.Action(), control.Resource{ARN: c.arn(resource), Keys: keys})
}

// policyARN returns the ARN by which policies know a managed policy.
func (c *call) policyARN(snap view, arn string) string {
	name, _ := structs.PolicyName(arn)
	if p := snap.ManagedPolicy(name); p != nil {
		return c.arn(p.Resource())
	}
	return arn
}

// member returns a member of a request; nil if its shape has none of that name.
func member(in reflect.Value, name string) any {
	if f := in.FieldByName(name); f.IsValid() {
		return f.Interface()
	}
	return nil
}

func text(in reflect.Value, name string) string {
	s, _ := member(in, name).(string)
	return s
}
