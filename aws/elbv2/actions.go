package elbv2

import (
	"strconv"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

func decimal(n int) string { return strconv.Itoa(n) }

// actionsOf reads the actions of a request. What they forward to must exist.
func (c *call) actionsOf(v view, in []Action) ([]structs.RuleAction, error) {
	var out []structs.RuleAction
	for i := range in {
		a, err := c.actionOf(v, &in[i])
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func (c *call) actionOf(v view, in *Action) (structs.RuleAction, error) {
	out := structs.RuleAction{Type: in.Type, Order: number(in.Order)}
	if strings.HasPrefix(in.Type, "authenticate-") || in.Type == "jwt-validation" {
		return out, refuse("The action type '"+in.Type+"'", "use forward, redirect or fixed-response, and authenticate in the targets")
	}
	if in.TargetGroupArn != "" || in.ForwardConfig != nil {
		var err error
		if out.Forward, err = c.forwardOf(v, in); err != nil {
			return out, err
		}
	}
	if r := in.RedirectConfig; r != nil {
		status, _ := strconv.Atoi(strings.TrimPrefix(r.StatusCode, "HTTP_"))
		out.Redirect = &structs.Redirect{Protocol: r.Protocol, Host: r.Host, Port: r.Port, Path: r.Path, Query: r.Query, Status: status}
		if r.Query == "" {
			out.Redirect.Query = "#{query}"
		}
	}
	if f := in.FixedResponseConfig; f != nil {
		status, err := strconv.Atoi(f.StatusCode)
		if err != nil {
			return out, structs.Errorf(structs.KindInvalidParameter, "StatusCode: '%s' must be 2XX, 4XX or 5XX", f.StatusCode)
		}
		out.Fixed = &structs.FixedResponse{Status: status, ContentType: f.ContentType, Body: f.MessageBody}
	}
	return out, nil
}

// forwardOf reads the target groups of an action. If it names one by itself, too, that must be the
// only one (elbv2).
func (c *call) forwardOf(v view, in *Action) (*structs.ForwardAction, error) {
	out := &structs.ForwardAction{}
	groups := []TargetGroupTuple{{TargetGroupArn: in.TargetGroupArn}}
	if f := in.ForwardConfig; f != nil {
		if in.TargetGroupArn != "" && (len(f.TargetGroups) != 1 || f.TargetGroups[0].TargetGroupArn != in.TargetGroupArn) {
			return nil, structs.Errorf(structs.KindInvalidAction, "You must specify either TargetGroupArn or ForwardConfig, or the same target group in both")
		}
		groups = f.TargetGroups
		if s := f.TargetGroupStickinessConfig; s != nil && s.Enabled != nil && *s.Enabled {
			if out.Stickiness = number(s.DurationSeconds); out.Stickiness < 1 {
				return nil, structs.Errorf(structs.KindInvalidAction, "The duration of target group stickiness must be specified, between 1 and 604800 seconds")
			}
		}
	}
	for _, given := range groups {
		g, err := c.targetGroup(v, given.TargetGroupArn)
		if err != nil {
			return nil, err
		}
		weight := int32(1)
		set(&weight, given.Weight)
		out.Groups = append(out.Groups, structs.WeightedGroup{TargetGroup: g.ID, Weight: float64(weight)})
	}
	return out, nil
}

func (c *call) showActions(v view, actions []structs.RuleAction) []Action {
	out := []Action{}
	for i := range actions {
		out = append(out, c.showAction(v, &actions[i]))
	}
	return out
}

func (c *call) showAction(v view, a *structs.RuleAction) Action {
	out := Action{Type: a.Type}
	if a.Order != 0 {
		out.Order = new(a.Order)
	}
	switch {
	case a.Forward != nil:
		sticky := &TargetGroupStickinessConfig{Enabled: new(a.Forward.Stickiness != 0)}
		if a.Forward.Stickiness != 0 {
			sticky.DurationSeconds = new(a.Forward.Stickiness)
		}
		out.ForwardConfig = &ForwardActionConfig{TargetGroupStickinessConfig: sticky}
		for _, to := range a.Forward.Groups {
			if g := v.TargetGroup(to.TargetGroup); g != nil {
				out.ForwardConfig.TargetGroups = append(out.ForwardConfig.TargetGroups, TargetGroupTuple{TargetGroupArn: c.arn(g.Resource()), Weight: new(int32(to.Weight))})
			}
		}
		if groups := out.ForwardConfig.TargetGroups; len(groups) == 1 {
			out.TargetGroupArn = groups[0].TargetGroupArn
		}
	case a.Redirect != nil:
		r := a.Redirect
		out.RedirectConfig = &RedirectActionConfig{
			Protocol: r.Protocol, Host: r.Host, Port: r.Port, Path: r.Path, Query: r.Query, StatusCode: "HTTP_" + decimal(r.Status),
		}
	case a.Fixed != nil:
		out.FixedResponseConfig = &FixedResponseActionConfig{StatusCode: decimal(a.Fixed.Status), ContentType: a.Fixed.ContentType, MessageBody: a.Fixed.Body}
	}
	return out
}
