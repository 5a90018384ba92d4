// Package elbv2 serves the Elastic Load Balancing API, version 2: application and network load
// balancers, their listeners and rules, and target groups. docs/load-balancers.md says which
// settings have an effect.
//
// The *.gen.go files are written by aws/gen from the API's model.
package elbv2

import (
	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control/traffic"
	"github.com/gantry-project/gantry/structs"
)

// New returns the API.
func New(t *traffic.Traffic) protocol.Service {
	f := protocol.Frame[*call]{
		Open:      func(r *protocol.Request) *call { return &call{traffic: t, region: r.Region, account: r.Account} },
		Authorize: (*call).authorize,
	}
	return protocol.Service{
		API: API,
		Codes: map[structs.Kind]string{
			structs.KindConflict:           "OperationNotPermitted",
			structs.KindInvalidParameter:   "ValidationError",
			structs.KindUnsupportedFeature: "InvalidAction",
		},
		Actions: map[string]protocol.Action{
			"CreateLoadBalancer":             protocol.Handle(f, (*call).createLoadBalancer),
			"DeleteLoadBalancer":             protocol.Handle(f, (*call).deleteLoadBalancer),
			"DescribeCapacityReservation":    protocol.Handle(f, (*call).describeCapacityReservation),
			"DescribeLoadBalancerAttributes": protocol.Handle(f, (*call).describeLoadBalancerAttributes),
			"DescribeLoadBalancers":          protocol.Handle(f, (*call).describeLoadBalancers),
			"ModifyLoadBalancerAttributes":   protocol.Handle(f, (*call).modifyLoadBalancerAttributes),
			"SetIpAddressType":               protocol.Handle(f, (*call).setIPAddressType),
			"SetSecurityGroups":              protocol.Handle(f, (*call).setSecurityGroups),
			"SetSubnets":                     protocol.Handle(f, (*call).setSubnets),

			"AddListenerCertificates":      protocol.Handle(f, (*call).addListenerCertificates),
			"CreateListener":               protocol.Handle(f, (*call).createListener),
			"DeleteListener":               protocol.Handle(f, (*call).deleteListener),
			"DescribeListenerAttributes":   protocol.Handle(f, (*call).describeListenerAttributes),
			"DescribeListenerCertificates": protocol.Handle(f, (*call).describeListenerCertificates),
			"DescribeListeners":            protocol.Handle(f, (*call).describeListeners),
			"ModifyListener":               protocol.Handle(f, (*call).modifyListener),
			"ModifyListenerAttributes":     protocol.Handle(f, (*call).modifyListenerAttributes),
			"RemoveListenerCertificates":   protocol.Handle(f, (*call).removeListenerCertificates),

			"CreateRule":        protocol.Handle(f, (*call).createRule),
			"DeleteRule":        protocol.Handle(f, (*call).deleteRule),
			"DescribeRules":     protocol.Handle(f, (*call).describeRules),
			"ModifyRule":        protocol.Handle(f, (*call).modifyRule),
			"SetRulePriorities": protocol.Handle(f, (*call).setRulePriorities),

			"CreateTargetGroup":             protocol.Handle(f, (*call).createTargetGroup),
			"DeleteTargetGroup":             protocol.Handle(f, (*call).deleteTargetGroup),
			"DeregisterTargets":             protocol.Handle(f, (*call).deregisterTargets),
			"DescribeTargetGroupAttributes": protocol.Handle(f, (*call).describeTargetGroupAttributes),
			"DescribeTargetGroups":          protocol.Handle(f, (*call).describeTargetGroups),
			"DescribeTargetHealth":          protocol.Handle(f, (*call).describeTargetHealth),
			"ModifyTargetGroup":             protocol.Handle(f, (*call).modifyTargetGroup),
			"ModifyTargetGroupAttributes":   protocol.Handle(f, (*call).modifyTargetGroupAttributes),
			"RegisterTargets":               protocol.Handle(f, (*call).registerTargets),

			"AddTags":               protocol.Handle(f, (*call).addTags),
			"DescribeAccountLimits": protocol.Handle(f, (*call).describeAccountLimits),
			"DescribeSSLPolicies":   protocol.Handle(f, (*call).describeSSLPolicies),
			"DescribeTags":          protocol.Handle(f, (*call).describeTags),
			"RemoveTags":            protocol.Handle(f, (*call).removeTags),
		},
	}
}

// call is one request in an action.
type call struct {
	traffic *traffic.Traffic
	region  string
	account string
}

// view is the state that an answer is made from. Its rows are never changed.
type view interface {
	LoadBalancer(id string) *structs.LoadBalancer
	Listener(id string) *structs.Listener
	ListenerRule(id string) *structs.ListenerRule
	TargetGroup(id string) *structs.TargetGroup
	Tags(resource structs.ResourceKey) []structs.Tag
}

// arn returns the ARN of a resource.
func (c *call) arn(resource structs.ResourceKey) string {
	return structs.TrafficARN(c.region, c.account, resource)
}

// loadBalancer returns the load balancer of an ARN.
func (c *call) loadBalancer(v view, arn string) (*structs.LoadBalancer, error) {
	r, err := structs.ParseTrafficARN(c.region, c.account, arn, structs.ResourceLoadBalancer)
	if err != nil {
		return nil, err
	}
	if b := v.LoadBalancer(r.ID); b != nil && c.arn(b.Resource()) == arn {
		return b, nil
	}
	return nil, structs.Errorf(structs.KindLoadBalancerNotFound, "Load balancer '%s' not found", arn)
}

// listener returns the listener of an ARN with its load balancer.
func (c *call) listener(v view, arn string) (*structs.Listener, *structs.LoadBalancer, error) {
	r, err := structs.ParseTrafficARN(c.region, c.account, arn, structs.ResourceListener)
	if err != nil {
		return nil, nil, err
	}
	if l := v.Listener(r.ID); l != nil {
		if b := v.LoadBalancer(l.LoadBalancer); b != nil && c.arn(l.Resource(b)) == arn {
			return l, b, nil
		}
	}
	return nil, nil, structs.ErrListenerNotFound()
}

// rule returns the listener of a rule's ARN with its load balancer, and the rule; nil for the
// default rule of the listener.
func (c *call) rule(v view, arn string) (*structs.Listener, *structs.LoadBalancer, *structs.ListenerRule, error) {
	r, err := structs.ParseTrafficARN(c.region, c.account, arn, structs.ResourceListenerRule)
	if err != nil {
		return nil, nil, nil, err
	}
	if l := v.Listener(r.Listener); l != nil {
		b, rule := v.LoadBalancer(l.LoadBalancer), v.ListenerRule(r.ID)
		isRule := l.DefaultRule == r.ID || rule != nil && rule.Listener == l.ID
		if b != nil && isRule && c.arn(l.RuleResource(b, r.ID)) == arn {
			return l, b, rule, nil
		}
	}
	return nil, nil, nil, structs.ErrRuleNotFound()
}

// targetGroup returns the target group of an ARN.
func (c *call) targetGroup(v view, arn string) (*structs.TargetGroup, error) {
	r, err := structs.ParseTrafficARN(c.region, c.account, arn, structs.ResourceTargetGroup)
	if err != nil {
		return nil, err
	}
	if g := v.TargetGroup(r.ID); g != nil && c.arn(g.Resource()) == arn {
		return g, nil
	}
	return nil, structs.ErrTargetGroupNotFound()
}

// maxPage is the most that a page has, and what it has if the caller gives no number (elbv2).
const maxPage = 400

// page returns a page of rows, which are in the order of their keys.
func page[T any](operation string, rows []T, key func(T) string, size *int32, marker string) ([]T, string, error) {
	each := func(yield func(string, T) bool) {
		for _, row := range rows {
			if !yield(key(row), row) {
				return
			}
		}
	}
	return protocol.Listing[T]{Operation: operation, Rows: each, MaxResults: size, Most: maxPage, Token: marker}.Page()
}

// refuse returns an error for settings that are not honored, by their names.
func refuse(member, remedy string) error {
	return structs.Errorf(structs.KindInvalidConfiguration, "%s is not honored by this version of Gantry; %s", member, remedy)
}
