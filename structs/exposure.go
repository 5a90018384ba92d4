package structs

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// What Gantry makes so that a service is reached: one load balancer for all, with a listener for
// HTTP, which sends everyone to HTTPS, and one for HTTPS; and for each service a target group and a
// rule. They are ordinary rows, with an Owner. Their ids are derived from what they are for, so
// that the same request always makes the same rows.

// SharedBalancer is the name of the load balancer that Gantry makes for exposed services. Its Owner
// is OwnerShared.
const (
	SharedBalancer = "gantry"
	OwnerShared    = "deploy"
)

// Ingress is where exposed services are reached. Zero values mean the defaults.
type Ingress struct {
	HTTPPort  int32  `json:"httpPort"`
	HTTPSPort int32  `json:"httpsPort"`
	Domain    string `json:"domain"` // of the host names that Gantry makes
}

// The defaults of Ingress. Names below localhost are the machine's own everywhere (RFC 6761).
const (
	DefaultHTTPPort  = 80
	DefaultHTTPSPort = 443
	DefaultDomain    = "gantry.localhost"
)

// WithDefaults returns it with the defaults for zero values.
func (i Ingress) WithDefaults() Ingress {
	return Ingress{
		HTTPPort: cmp.Or(i.HTTPPort, DefaultHTTPPort), HTTPSPort: cmp.Or(i.HTTPSPort, DefaultHTTPSPort), Domain: cmp.Or(i.Domain, DefaultDomain),
	}
}

// HostOf returns the host name that Gantry makes for a service. labels are between the name of the
// service and the domain: its cluster, and its gateway.
func (i Ingress) HostOf(service string, labels ...string) string {
	parts := append([]string{service}, labels...)
	for n, part := range parts { // names may have underscores and capitals, and be long
		part = strings.ToLower(strings.ReplaceAll(part, "_", "-"))
		if len(part) > 63 {
			part = part[:54] + "-" + derivedID(parts[n])[:8]
		}
		parts[n] = strings.Trim(part, "-")
	}
	return strings.Join(append(parts, i.WithDefaults().Domain), ".")
}

func portText(port int32) string { return strconv.Itoa(int(port)) }

// derivedID returns the id of a row for something that has a name of its own.
func derivedID(of string) string {
	sum := sha256.Sum256([]byte("gantry/" + of))
	return hex.EncodeToString(sum[:8])
}

// SharedRows returns the load balancer for exposed services, and its listeners for HTTP and HTTPS.
func (i Ingress) SharedRows(at Time) (LoadBalancer, [2]Listener) {
	i = i.WithDefaults()
	b := LoadBalancer{
		ID: derivedID("balancer"), Name: SharedBalancer, Type: LoadBalancerApplication, Scheme: "internet-facing", IPAddressType: "ipv4",
		CreatedAt: at, Owner: OwnerShared, Version: 1,
	}
	toHTTPS := RuleAction{Type: ActionRedirect, Order: 1, Redirect: &Redirect{
		Protocol: ProtocolHTTPS, Host: "#{host}", Port: portText(i.HTTPSPort), Path: "/#{path}", Query: "#{query}", Status: 301,
	}}
	nobody := RuleAction{Type: ActionFixedResponse, Order: 1, Fixed: &FixedResponse{
		Status: 404, ContentType: "text/plain", Body: "No service has this host name and path.\n",
	}}
	return b, [2]Listener{
		{
			ID: derivedID("listener/http"), LoadBalancer: b.ID, Protocol: ProtocolHTTP, Port: i.HTTPPort,
			DefaultActions: []RuleAction{toHTTPS}, DefaultRule: derivedID("default/http"), CreatedAt: at, Version: 1,
		},
		{
			ID: SharedListener(), LoadBalancer: b.ID, Protocol: ProtocolHTTPS, Port: i.HTTPSPort,
			DefaultActions: []RuleAction{nobody}, DefaultRule: derivedID("default/https"), CreatedAt: at, Version: 1,
		},
	}
}

// SharedListener returns the id of the HTTPS listener whose rules lead to exposed services.
func SharedListener() string { return derivedID("listener/https") }

// ExposedOwner returns the Owner of the rows that Gantry makes for a service; empty if it makes
// none.
func (j *Job) ExposedOwner() string {
	switch s := j.Service; {
	case s == nil:
		return ""
	case s.Gateway != nil:
		return "gateway/" + j.Cluster + "/" + j.Name
	case s.Expose != nil:
		return "deploy/" + j.Cluster + "/" + j.Name
	}
	return ""
}

// ReachAs takes over how a service is reached from another version of it. That is part of a
// revision (ECS).
func (s *ServiceSpec) ReachAs(o *ServiceSpec) {
	if o == nil {
		return
	}
	s.LoadBalancers, s.Registries, s.Connect = o.LoadBalancers, o.Registries, o.Connect
	s.Expose, s.Gateway, s.Express = o.Expose, o.Gateway, o.Express
}

// sameExposure reports whether the tasks of two versions are in the same target groups of Gantry's
// own.
func (j *Job) sameExposure(o *Job) bool { return slices.Equal(j.exposedTargets(), o.exposedTargets()) }

func (j *Job) exposedTargets() (found []ServiceLoadBalancer) {
	if j.Service == nil {
		return nil
	}
	for _, b := range j.Service.LoadBalancers {
		if b.Owner != "" {
			found = append(found, b)
		}
	}
	return found
}

// ExposedGroup and ExposedRule return the ids of the rows of an owner.
func ExposedGroup(owner string) string { return derivedID("group/" + owner) }
func ExposedRule(owner string) string  { return derivedID("rule/" + owner) }

// ExposedName returns the name of an owner's target group: at most 32 letters, digits and hyphens
// (elbv2).
func ExposedName(owner string) string {
	_, of, _ := strings.Cut(owner, "/")
	plain := strings.ReplaceAll(of, "/", "-")
	if name := strings.ReplaceAll(plain, "_", "-"); name == plain && len(name) <= 23 {
		return name + "-" + derivedID(owner)[:8]
	}
	return "g-" + derivedID(owner)
}

// Exposure is what a service that Gantry exposes becomes, besides the shared rows.
type Exposure struct {
	Group TargetGroup
	Rule  ListenerRule // without its priority
}

// Exposure returns the rows of a service that Gantry exposes; nil if it does not. The definition is
// the one that it runs.
func (j *Job) Exposure(d *TaskDefinition, at Time) *Exposure {
	owner := j.ExposedOwner()
	if owner == "" {
		return nil
	}
	x := &Exposure{
		Group: TargetGroup{
			ID: ExposedGroup(owner), Name: ExposedName(owner), Protocol: ProtocolHTTP, ProtocolVersion: "HTTP1", TargetType: TargetTypeInstance,
			IPAddressType: "ipv4", CreatedAt: at, Owner: owner,
			Check: TargetCheck{
				Enabled: true, Protocol: ProtocolHTTP, Port: "traffic-port", Path: "/", Interval: 5, Timeout: 3, Healthy: 2, Unhealthy: 3,
				Matcher: "200-499",
			},
			// long enough for requests, and no reason to wait long for those that never end
			Attributes: []TrafficAttribute{{Key: "deregistration_delay.timeout_seconds", Value: "30"}},
		},
		Rule: ListenerRule{ID: ExposedRule(owner), Listener: SharedListener(), CreatedAt: at, Owner: owner},
	}
	if d != nil && d.NetworkMode == NetworkAwsvpc {
		x.Group.TargetType = TargetTypeIP
	}
	if j.Service.Gateway != nil {
		j.Service.Gateway.describe(x)
	} else {
		j.Service.Expose.describe(x)
	}
	x.Rule.Actions = []RuleAction{{Type: ActionForward, Order: 1, Forward: &ForwardAction{Groups: []WeightedGroup{{TargetGroup: x.Group.ID, Weight: 1}}}}}
	return x
}

func (e *Expose) describe(x *Exposure) {
	x.Group.Port, x.Group.ProtocolVersion = e.Port, cmp.Or(e.ProtocolVersion, "HTTP1")
	if e.HealthPath != "" {
		x.Group.Check.Path, x.Group.Check.Matcher = e.HealthPath, "200-399"
	}
	if e.ProtocolVersion == "GRPC" { // codes of gRPC: any answer shows that it works
		x.Group.Check.Path, x.Group.Check.Matcher = cmp.Or(e.HealthPath, "/grpc.health.v1.Health/Check"), "0-99"
	}
	x.Rule.Conditions = []RuleCondition{{Field: FieldHostHeader, Values: slices.Clone(e.Hosts)}}
	if e.Path != "" {
		x.Rule.Conditions = append(x.Rule.Conditions, RuleCondition{Field: FieldPathPattern, Values: []string{e.Path, e.Path + "/*"}})
	}
}

// FirstPriority returns the priority from which a rule that Gantry makes gets the first free one:
// rules for longer paths come before those for shorter ones, and host names before patterns.
func (r *ListenerRule) FirstPriority() int {
	const longest, perLength, names, patterns = maxPattern, 50, 10_000, 30_000
	path, pattern := "", false
	for _, c := range r.Conditions {
		switch c.Field {
		case FieldPathPattern:
			path = c.Values[0]
		case FieldHostHeader:
			pattern = slices.ContainsFunc(c.Values, func(host string) bool { return strings.ContainsAny(host, "*?") })
		}
	}
	first := names
	if path != "" {
		first = 1 + (longest-min(len(path), longest))*perLength
	}
	if pattern {
		first += patterns
	}
	return first
}
