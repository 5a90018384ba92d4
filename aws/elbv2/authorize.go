package elbv2

import (
	"cmp"
	"context"
	"reflect"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// authorize asks whether the caller may carry out an action on the resources that its request
// names. Those that are to be made end in a star, as their ids are not known
// (loadbalancer/app/NAME/*).
func (c *call) authorize(ctx context.Context, r *protocol.Request, request any) error {
	if control.CallerOf(ctx) == nil {
		return nil
	}
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return err
	}
	in := reflect.ValueOf(request).Elem()
	tags, _ := member(in, "Tags").([]Tag)
	keys, _ := member(in, "TagKeys").([]string)
	var given []structs.Tag
	for _, t := range tags {
		given = append(given, structs.Tag{Key: t.Key, Value: t.Value})
	}
	arns := []string{structs.AnyResource}
	if action := structs.ActionOf(r.Action()); action.Any || len(action.Resources) > 0 {
		arns = c.resources(in, request)
	}
	var resources []control.Resource
	for _, arn := range arns {
		of := snap.Tags(strings.TrimPrefix(arn, c.arn("")))
		resources = append(resources, control.Resource{ARN: arn, Keys: r.PolicyKeys(given, keys, of)})
	}
	return control.Authorize(ctx, r.Action(), resources...)
}

// resources returns the ARNs of the resources that a request is about.
func (c *call) resources(in reflect.Value, request any) []string {
	switch request := request.(type) {
	case *CreateLoadBalancerInput:
		b := structs.LoadBalancer{Name: request.Name, Type: request.Type, ID: "*"}
		return []string{c.arn(b.Resource())}
	case *CreateTargetGroupInput:
		g := structs.TargetGroup{Name: request.Name, ID: "*"}
		return []string{c.arn(g.Resource())}
	case *SetRulePrioritiesInput:
		var arns []string
		for _, p := range request.RulePriorities {
			arns = append(arns, p.RuleArn)
		}
		return orAny(arns)
	}
	if arns, ok := member(in, "ResourceArns").([]string); ok {
		return orAny(arns)
	}
	return []string{cmp.Or(text(in, "RuleArn"), text(in, "ListenerArn"), text(in, "TargetGroupArn"), text(in, "LoadBalancerArn"), structs.AnyResource)}
}

// orAny stands in for a list that is empty, so that a request is never about nothing.
func orAny(arns []string) []string {
	if len(arns) == 0 {
		return []string{structs.AnyResource}
	}
	return arns
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
