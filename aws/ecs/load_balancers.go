package ecs

import (
	"slices"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// trafficARN returns the ARN of a resource of elbv2.
func (a arns) trafficARN(resource structs.ResourceKey) string {
	return structs.TrafficARN(a.Region, a.Account, resource)
}

// withTrafficARNs puts the ARNs of target groups into an event or a reason.
func (a arns) withTrafficARNs(text string) string {
	return structs.TrafficARNsIn(text, a.trafficARN(""))
}

// loadBalancers reads the load balancers of a service or task set. The ARNs in them must be of this
// region and account; control finds what they name. nil stays nil: no change.
func (c *call) loadBalancers(given []LoadBalancer) ([]structs.ServiceLoadBalancer, error) {
	if given == nil {
		return nil, nil
	}
	out := []structs.ServiceLoadBalancer{}
	for _, b := range given {
		if b.LoadBalancerName != "" {
			return nil, unsupported("loadBalancers.loadBalancerName (Classic Load Balancers; use targetGroupArn)")
		}
		if err := c.checkTrafficARN(b.TargetGroupArn, structs.ResourceTargetGroup); err != nil {
			return nil, err
		}
		one := structs.ServiceLoadBalancer{TargetGroup: b.TargetGroupArn, Container: b.ContainerName}
		if b.ContainerPort != nil {
			one.ContainerPort = *b.ContainerPort
		}
		if a := b.AdvancedConfiguration; a != nil {
			one.Alternate = &structs.AlternateTargets{
				TargetGroup: a.AlternateTargetGroupArn, ProductionRule: a.ProductionListenerRule, TestRule: a.TestListenerRule, Role: a.RoleArn,
			}
			if err := firstError(
				c.checkTrafficARN(a.AlternateTargetGroupArn, structs.ResourceTargetGroup),
				c.checkTrafficARN(a.ProductionListenerRule, structs.ResourceListenerRule, structs.ResourceListener),
				c.checkTrafficARN(a.TestListenerRule, structs.ResourceListenerRule, structs.ResourceListener),
			); err != nil {
				return nil, err
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// traffic is the part of a request on a service that is about its traffic.
type traffic struct {
	balancers  []structs.ServiceLoadBalancer
	monitoring []structs.MetricSetting
}

func (c *call) traffic(balancers []LoadBalancer, metrics *MonitoringConfiguration) (t traffic, err error) {
	if t.balancers, err = c.loadBalancers(balancers); err != nil {
		return t, err
	}
	t.monitoring, err = monitoring(metrics)
	return t, err
}

// checkTrafficARN checks an ARN, unless it is left out.
func (c *call) checkTrafficARN(text string, kinds ...string) error {
	if text == "" {
		return nil
	}
	_, err := structs.ParseTrafficARN(c.arns.Region, c.arns.Account, text, kinds...)
	return err
}

// shownBalancers shows load balancers. It is never nil.
func (c *call) shownBalancers(v view, all []structs.ServiceLoadBalancer) []LoadBalancer {
	out := []LoadBalancer{}
	for n := range all {
		b := &all[n]
		one := LoadBalancer{TargetGroupArn: c.targetGroupARN(v, b.TargetGroup), ContainerName: b.Container, ContainerPort: new(b.ContainerPort)}
		if a := b.Alternate; a != nil {
			one.AdvancedConfiguration = &AdvancedConfiguration{
				AlternateTargetGroupArn: c.targetGroupARN(v, a.TargetGroup), RoleArn: a.Role,
				ProductionListenerRule: c.ruleARN(v, a.ProductionRule), TestListenerRule: c.ruleARN(v, a.TestRule),
			}
		}
		out = append(out, one)
	}
	return out
}

// resolvedBalancers shows which target groups the tasks of a deployment are in.
func (c *call) resolvedBalancers(v view, d *structs.Deployment, all []structs.ServiceLoadBalancer) *ResolvedConfiguration {
	if len(all) == 0 {
		return nil
	}
	out := &ResolvedConfiguration{}
	for n := range all {
		one := ServiceRevisionLoadBalancer{TargetGroupArn: c.targetGroupARN(v, all[n].Group(d.Alternate))}
		if a := all[n].Alternate; a != nil {
			one.ProductionListenerRule = c.ruleARN(v, a.ProductionRule)
		}
		out.LoadBalancers = append(out.LoadBalancers, one)
	}
	return out
}

// targetGroupARN returns the ARN of a target group, with the name "deleted" for one that is gone.
func (c *call) targetGroupARN(v view, id string) string {
	group := v.TargetGroup(id)
	if group == nil {
		group = &structs.TargetGroup{ID: id, Name: "deleted"}
	}
	return c.arns.trafficARN(group.Resource())
}

// ruleARN returns the ARN of a rule, or of the listener whose default rule it is if that belongs to
// a network load balancer, which has no rules (ECS). It is empty for one that is gone.
func (c *call) ruleARN(v view, id string) string {
	if id == "" {
		return ""
	}
	for l := range v.AllListeners() {
		of := v.LoadBalancer(l.LoadBalancer)
		if rule := v.ListenerRule(id); of == nil || l.DefaultRule != id && (rule == nil || rule.Listener != l.ID) {
			continue
		}
		if of.Type == structs.LoadBalancerNetwork {
			return c.arns.trafficARN(l.Resource(of))
		}
		return c.arns.trafficARN(l.RuleResource(of, id))
	}
	return ""
}

// earlySuccess reads the early success criteria of a deployment configuration.
func earlySuccess(given *DeploymentEarlySuccessCriteria) *control.EarlySuccess {
	if given == nil {
		return nil
	}
	return &control.EarlySuccess{Enable: given.Enable, HealthyPercent: given.HealthyPercent, Cleanup: given.SourceServiceRevisionCleanup}
}

func showEarlySuccess(p *structs.UpdatePolicy) *DeploymentEarlySuccessCriteria {
	if p.Early == nil {
		return nil
	}
	return &DeploymentEarlySuccessCriteria{Enable: true, HealthyPercent: &p.Early.HealthyPercent, SourceServiceRevisionCleanup: p.Early.Cleanup}
}

// monitoring reads which metrics of a service are kept how exactly. nil stays nil: no change.
func monitoring(given *MonitoringConfiguration) ([]structs.MetricSetting, error) {
	if given == nil {
		return nil, nil
	}
	out := []structs.MetricSetting{}
	seen := map[string]bool{}
	for _, m := range given.MetricConfigurations {
		const at = "monitoring.metricConfigurations."
		if len(m.MetricNames) == 0 {
			return nil, structs.Errorf(structs.KindInvalidParameter, at+"metricNames: name at least one metric")
		}
		for _, name := range m.MetricNames {
			if !slices.Contains([]string{"CPUUtilization", "MemoryUtilization"}, name) {
				return nil, structs.Errorf(structs.KindInvalidParameter, at+"metricNames: %q is neither CPUUtilization nor MemoryUtilization", name)
			}
			if seen[name] {
				return nil, structs.Errorf(structs.KindInvalidParameter, at+"metricNames: %s is there twice", name)
			}
			seen[name] = true
		}
		if r := *m.ResolutionSeconds; r != 20 && r != 60 {
			return nil, structs.Errorf(structs.KindInvalidParameter, at+"resolutionSeconds: %d is neither 20 nor 60", r)
		}
		out = append(out, structs.MetricSetting{Names: m.MetricNames, Resolution: *m.ResolutionSeconds})
	}
	return out, nil
}

func shownMonitoring(all []structs.MetricSetting) *MonitoringConfiguration {
	if len(all) == 0 {
		return nil
	}
	out := &MonitoringConfiguration{}
	for _, m := range all {
		out.MetricConfigurations = append(out.MetricConfigurations, MetricConfiguration{MetricNames: m.Names, ResolutionSeconds: new(m.Resolution)})
	}
	return out
}
