package elbv2

import (
	"context"
	"fmt"

	"github.com/gantry-project/gantry/structs"
)

// defaultPriority is the priority of default rules in answers (elbv2).
const defaultPriority = "default"

func (c *call) createRule(ctx context.Context, in *CreateRuleInput) (*CreateRuleOutput, error) {
	tags, err := tagsOf(in.Tags)
	if err == nil {
		err = noTransforms(in.Transforms)
	}
	if err != nil {
		return nil, err
	}
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	l, b, err := c.listener(snap, in.ListenerArn)
	if err != nil {
		return nil, err
	}
	actions, err := c.actionsOf(snap, in.Actions)
	if err != nil {
		return nil, err
	}
	conditions, err := conditionsOf(in.Conditions)
	if err != nil {
		return nil, err
	}
	r, err := c.traffic.CreateRule(ctx, structs.ListenerRule{Listener: l.ID, Priority: int(number(in.Priority)), Conditions: conditions, Actions: actions}, tags)
	if err != nil {
		return nil, err
	}
	if snap, err = c.traffic.Read(ctx); err != nil {
		return nil, err
	}
	return &CreateRuleOutput{Rules: []Rule{c.showRule(snap, b, l, r)}}, nil
}

// noTransforms refuses rewrites of requests, which Gantry does not have.
func noTransforms(in []RuleTransform) error {
	if len(in) == 0 {
		return nil
	}
	return refuse("Transforms: '"+in[0].Type+"'", "leave it out; a redirect can change host and path")
}

// showRule shows a rule; nil is the default rule of the listener.
func (c *call) showRule(v view, b *structs.LoadBalancer, l *structs.Listener, r *structs.ListenerRule) Rule {
	if r == nil {
		return Rule{
			RuleArn: c.arn(l.RuleResource(b, l.DefaultRule)), Priority: defaultPriority, IsDefault: new(true),
			Conditions: []RuleCondition{}, Actions: c.showActions(v, l.DefaultActions), Transforms: []RuleTransform{},
		}
	}
	return Rule{
		RuleArn: c.arn(l.RuleResource(b, r.ID)), Priority: decimal(r.Priority), IsDefault: new(false),
		Conditions: showConditions(r.Conditions), Actions: c.showActions(v, r.Actions), Transforms: []RuleTransform{},
	}
}

// describeRules shows the rules of a listener with its default one, or those of ARNs.
func (c *call) describeRules(ctx context.Context, in *DescribeRulesInput) (*DescribeRulesOutput, error) {
	if given(in.ListenerArn != "", len(in.RuleArns) > 0) != 1 {
		return nil, structs.Errorf(structs.KindInvalidParameter, "You must specify either listener rule ARNs or a listener ARN")
	}
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	var rows []Rule
	if in.ListenerArn != "" {
		l, b, err := c.listener(snap, in.ListenerArn)
		if err != nil {
			return nil, err
		}
		for r := range snap.ListenerRules(l.ID) {
			rows = append(rows, c.showRule(snap, b, l, r))
		}
		rows = append(rows, c.showRule(snap, b, l, nil))
	}
	for _, arn := range in.RuleArns {
		l, b, r, err := c.rule(snap, arn)
		if err != nil {
			return nil, err
		}
		rows = append(rows, c.showRule(snap, b, l, r))
	}
	key := func(r Rule) string { return fmt.Sprintf("%7s/%s", r.Priority, r.RuleArn) } // default is the last
	out := &DescribeRulesOutput{}
	out.Rules, out.NextMarker, err = page("DescribeRules", unique(rows, key), key, in.PageSize, in.Marker)
	return out, err
}

// modifyRule leaves what the request does not name as it is. The default rule has only actions,
// which are those of its listener.
func (c *call) modifyRule(ctx context.Context, in *ModifyRuleInput) (*ModifyRuleOutput, error) {
	if err := noTransforms(in.Transforms); err != nil {
		return nil, err
	}
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	l, b, r, err := c.rule(snap, in.RuleArn)
	if err != nil {
		return nil, err
	}
	actions, err := c.actionsOf(snap, in.Actions)
	if err != nil {
		return nil, err
	}
	conditions, err := conditionsOf(in.Conditions)
	switch {
	case err != nil:
		return nil, err
	case r == nil && len(conditions) > 0:
		return nil, structs.Errorf(structs.KindOperationNotPermitted, "The conditions of default rule '%s' cannot be modified", in.RuleArn)
	case r == nil && len(actions) > 0:
		l, err = c.traffic.ChangeListener(ctx, l.ID, func(l *structs.Listener) error {
			l.DefaultActions = actions
			return nil
		})
	case r != nil:
		r, err = c.traffic.ChangeRule(ctx, r.ID, func(r *structs.ListenerRule) error {
			if len(actions) > 0 {
				r.Actions = actions
			}
			if len(conditions) > 0 {
				r.Conditions = conditions
			}
			return nil
		})
	}
	if err != nil {
		return nil, err
	}
	return &ModifyRuleOutput{Rules: []Rule{c.showRule(snap, b, l, r)}}, nil
}

func (c *call) deleteRule(ctx context.Context, in *DeleteRuleInput) (*DeleteRuleOutput, error) {
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	_, _, r, err := c.rule(snap, in.RuleArn)
	switch {
	case err != nil:
		return nil, err
	case r == nil:
		return nil, structs.Errorf(structs.KindOperationNotPermitted, "Default rule '%s' cannot be deleted", in.RuleArn)
	}
	return &DeleteRuleOutput{}, c.traffic.DeleteRule(ctx, r.ID)
}

func (c *call) setRulePriorities(ctx context.Context, in *SetRulePrioritiesInput) (*SetRulePrioritiesOutput, error) {
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	var priorities []structs.RulePriority
	for _, p := range in.RulePriorities {
		_, _, r, err := c.rule(snap, p.RuleArn)
		switch {
		case err != nil:
			return nil, err
		case r == nil:
			return nil, structs.Errorf(structs.KindOperationNotPermitted, "The priority of default rule '%s' cannot be set", p.RuleArn)
		}
		priorities = append(priorities, structs.RulePriority{Rule: r.ID, Priority: int(number(p.Priority))})
	}
	if err := c.traffic.SetRulePriorities(ctx, priorities); err != nil {
		return nil, err
	}
	if snap, err = c.traffic.Read(ctx); err != nil {
		return nil, err
	}
	out := &SetRulePrioritiesOutput{}
	for _, p := range in.RulePriorities {
		l, b, r, err := c.rule(snap, p.RuleArn)
		if err != nil {
			return nil, err
		}
		out.Rules = append(out.Rules, c.showRule(snap, b, l, r))
	}
	return out, nil
}
