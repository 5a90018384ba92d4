package structs

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// rules returns the rules of the attributes that a load balancer can have.
func (b *LoadBalancer) rules() map[string]attributeRule {
	if b.Type == LoadBalancerNetwork {
		return joined(loadBalancerAttributes, networkAttributes)
	}
	return joined(loadBalancerAttributes, applicationAttributes)
}

func (g *TargetGroup) rules() map[string]attributeRule {
	if g.IsHTTP() {
		return joined(targetGroupAttributes, httpGroupAttributes)
	}
	rules := joined(targetGroupAttributes, networkGroupAttributes)
	if g.TargetType == TargetTypeInstance || g.Protocol == ProtocolUDP || g.Protocol == ProtocolTCPUDP {
		rules["preserve_client_ip.enabled"] = flag("true") // either way, see noClientIP
	}
	return rules
}

func (l *Listener) rules() map[string]attributeRule {
	switch l.Protocol {
	case ProtocolHTTP:
		return joined(httpListenerAttributes, proxyAttributes)
	case ProtocolHTTPS:
		return joined(httpListenerAttributes, tlsHeaderAttributes, proxyAttributes, quicAttributes)
	case ProtocolTCP:
		return joined(tcpListenerAttributes, proxyAttributes)
	case ProtocolTLS:
		return proxyAttributes
	}
	return nil
}

func joined(tables ...map[string]attributeRule) map[string]attributeRule {
	all := map[string]attributeRule{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

// AllAttributes returns every attribute that the load balancer can have, in the order of their
// keys, with its value.
func (b *LoadBalancer) AllAttributes() []TrafficAttribute { return whole(b.rules(), b.Attributes) }

// AllAttributes is as LoadBalancer.AllAttributes.
func (g *TargetGroup) AllAttributes() []TrafficAttribute { return whole(g.rules(), g.Attributes) }

// AllAttributes is as LoadBalancer.AllAttributes.
func (l *Listener) AllAttributes() []TrafficAttribute { return whole(l.rules(), l.Attributes) }

// Attribute returns the value of an attribute, or its default.
func (g *TargetGroup) Attribute(key string) string {
	return cmp.Or(AttributeOf(g.Attributes, key), g.rules()[key].initial)
}

// Attribute returns the value of an attribute, or its default.
func (b *LoadBalancer) Attribute(key string) string {
	return cmp.Or(AttributeOf(b.Attributes, key), b.rules()[key].initial)
}

// Attribute returns the value of an attribute, or its default.
func (l *Listener) Attribute(key string) string {
	return cmp.Or(AttributeOf(l.Attributes, key), l.rules()[key].initial)
}

func whole(rules map[string]attributeRule, set []TrafficAttribute) []TrafficAttribute {
	all := make([]TrafficAttribute, 0, len(rules))
	for key, rule := range rules {
		all = append(all, TrafficAttribute{Key: key, Value: cmp.Or(AttributeOf(set, key), rule.initial)})
	}
	slices.SortFunc(all, func(a, b TrafficAttribute) int { return cmp.Compare(a.Key, b.Key) })
	return all
}

// SetAttributes changes attributes of a load balancer. The others stay.
func (b *LoadBalancer) SetAttributes(changes []TrafficAttribute) (err error) {
	b.Attributes, err = setAttributes("Load balancer", b.rules(), b.Attributes, changes)
	return err
}

// SetAttributes changes attributes of a target group. The others stay.
func (g *TargetGroup) SetAttributes(changes []TrafficAttribute) (err error) {
	if g.Attributes, err = setAttributes("Target group", g.rules(), g.Attributes, changes); err != nil {
		return err
	}
	return g.checkAttributes()
}

// SetAttributes changes attributes of a listener. The others stay.
func (l *Listener) SetAttributes(changes []TrafficAttribute) (err error) {
	l.Attributes, err = setAttributes("Listener", l.rules(), l.Attributes, changes)
	return err
}

// setAttributes returns the attributes after changes, without those that have their defaults.
func setAttributes(of string, rules map[string]attributeRule, old, changes []TrafficAttribute) ([]TrafficAttribute, error) {
	set := slices.Clone(old)
	for _, c := range changes {
		rule, known := rules[c.Key]
		if !known {
			return nil, Errorf(KindInvalidConfiguration, "%s attribute key '%s' is not recognized", of, c.Key)
		}
		if err := rule.check(c); err != nil {
			return nil, err
		}
		set = slices.DeleteFunc(set, func(a TrafficAttribute) bool { return a.Key == c.Key })
		if c.Value != rule.initial {
			set = append(set, c)
		}
	}
	slices.SortFunc(set, func(a, b TrafficAttribute) int { return cmp.Compare(a.Key, b.Key) })
	return set, nil
}

func (r attributeRule) check(a TrafficAttribute) error {
	if slices.Contains(r.allowed, a.Value) {
		return nil
	}
	if r.fixed != "" {
		return Errorf(KindInvalidConfiguration, "The value '%s' of attribute '%s' has no effect here: %s; use %s",
			a.Value, a.Key, r.fixed, quoted(r.allowed))
	}
	if r.most > 0 {
		if n, err := strconv.Atoi(a.Value); err == nil && n >= r.least && n <= r.most {
			return nil
		}
		return Errorf(KindInvalidConfiguration, "'%s' is not a valid value for attribute '%s'; it must be between %d and %d%s",
			a.Value, a.Key, r.least, r.most, also(r.allowed))
	}
	if r.allowed != nil {
		return Errorf(KindInvalidConfiguration, "'%s' is not a valid value for attribute '%s'; use %s", a.Value, a.Key, quoted(r.allowed))
	}
	if strings.ContainsFunc(a.Value, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return Errorf(KindInvalidConfiguration, "The value of attribute '%s' has a control character", a.Key)
	}
	return nil
}

func also(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return ", or " + quoted(values)
}

func quoted(values []string) string { return "'" + strings.Join(values, "' or '") + "'" }

// checkAttributes refuses attributes that elbv2 does not allow together.
func (g *TargetGroup) checkAttributes() error {
	algorithm := g.Attribute("load_balancing.algorithm.type")
	switch {
	case !g.IsHTTP():
		return nil
	case g.Attribute("load_balancing.algorithm.anomaly_mitigation") == "on" && algorithm != "weighted_random":
		return Errorf(KindInvalidConfiguration, "Anomaly mitigation needs the load balancing algorithm weighted_random, and here it is %s", algorithm)
	case g.Attribute("slow_start.duration_seconds") != "0" && algorithm != "round_robin":
		return Errorf(KindInvalidConfiguration, "Slow start needs the load balancing algorithm round_robin, and here it is %s", algorithm)
	case g.Attribute("stickiness.type") == "app_cookie" && g.Attribute("stickiness.enabled") == "true":
		return checkAppCookie(g.Attribute("stickiness.app_cookie.cookie_name"))
	}
	return nil
}

// checkAppCookie refuses names that elbv2 keeps for itself.
func checkAppCookie(name string) error {
	switch {
	case name == "":
		return Errorf(KindInvalidConfiguration, "The attribute 'stickiness.app_cookie.cookie_name' must be set for stickiness of type app_cookie")
	case strings.HasPrefix(name, "AWSALB"):
		return Errorf(KindInvalidConfiguration, "The cookie name '%s' is reserved: names must not begin with AWSALB, AWSALBAPP or AWSALBTG", name)
	case strings.ContainsAny(name, " \t\r\n()<>@,;:\\\"/[]?={}"):
		return Errorf(KindInvalidConfiguration, "The cookie name '%s' has a character that names of cookies must not have", name)
	}
	return nil
}
