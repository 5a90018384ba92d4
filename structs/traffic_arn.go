package structs

import (
	"regexp"
	"strings"
)

// The kinds of elbv2's resources: the first part of the resource in their ARNs.
const (
	ResourceLoadBalancer = "loadbalancer"
	ResourceTargetGroup  = "targetgroup"
	ResourceListener     = "listener"
	ResourceListenerRule = "listener-rule"
)

// TrafficARN returns the ARN of a resource of elbv2, which is the key of its tags, too.
func TrafficARN(region, account string, resource ResourceKey) string {
	return "arn:aws:elasticloadbalancing:" + region + ":" + account + ":" + resource
}

// short is the type of a load balancer in ARNs: app or net.
func (b *LoadBalancer) short() string {
	if b.Type == LoadBalancerNetwork {
		return "net"
	}
	return "app"
}

// path is what the resources of a load balancer have in common: TYPE/NAME/ID.
func (b *LoadBalancer) path() string { return b.short() + "/" + b.Name + "/" + b.ID }

// Resource is the resource part of the load balancer's ARN: loadbalancer/app/NAME/ID.
func (b *LoadBalancer) Resource() ResourceKey { return ResourceLoadBalancer + "/" + b.path() }

// DNSName is the name at which the load balancer is reached: NAME-ID.elb.gantry in lower case.
func (b *LoadBalancer) DNSName() string {
	return strings.ToLower(b.Name) + "-" + b.ID + "." + LoadBalancerZone
}

// LoadBalancerZone is the zone of the load balancers' DNS names.
const LoadBalancerZone = "elb.gantry"

// Resource is the resource part of the target group's ARN: targetgroup/NAME/ID.
func (g *TargetGroup) Resource() ResourceKey { return ResourceTargetGroup + "/" + g.Name + "/" + g.ID }

// Resource is the resource part of the listener's ARN: listener/app/NAME/LOADBALANCER/ID. It takes
// the listener's load balancer.
func (l *Listener) Resource(of *LoadBalancer) ResourceKey {
	return ResourceListener + "/" + of.path() + "/" + l.ID
}

// RuleResource is the resource part of the ARN of one of the listener's rules, the default one
// included: listener-rule/app/NAME/LOADBALANCER/LISTENER/ID.
func (l *Listener) RuleResource(of *LoadBalancer, rule string) ResourceKey {
	return ResourceListenerRule + "/" + of.path() + "/" + l.ID + "/" + rule
}

// TrafficResource is what an ARN of elbv2 names. Whether it exists is not known.
type TrafficResource struct {
	Kind         string // such as ResourceTargetGroup
	Name         string // of the target group, or of the load balancer
	LoadBalancer string // LoadBalancer.ID; empty for a target group
	Listener     string // Listener.ID, of a listener and of a rule
	// ID is the last part: that of the resource itself.
	ID string
}

var trafficID = regexp.MustCompile(`^[0-9a-f]{16}$`)

// ParseTrafficResource reads the resource part of an ARN of elbv2, or the key of its tags.
func ParseTrafficResource(resource ResourceKey) (TrafficResource, bool) {
	parts := strings.Split(resource, "/")
	r := TrafficResource{Kind: parts[0], ID: parts[len(parts)-1]}
	want := map[string]int{ResourceTargetGroup: 3, ResourceLoadBalancer: 4, ResourceListener: 5, ResourceListenerRule: 6}[r.Kind]
	if want == 0 || len(parts) != want || !trafficID.MatchString(r.ID) {
		return TrafficResource{}, false
	}
	if r.Kind == ResourceTargetGroup {
		r.Name = parts[1]
		return r, true
	}
	r.Name, r.LoadBalancer = parts[2], parts[3]
	if want > 4 {
		r.Listener = parts[4]
	}
	return r, parts[1] == "app" || parts[1] == "net"
}

// ParseTrafficARN reads an ARN of elbv2. It must be of the region and account, where these are not
// empty, and of one of the kinds. The error is of KindInvalidParameter, in elbv2's words.
func ParseTrafficARN(region, account, arn string, kinds ...string) (TrafficResource, error) {
	parts := strings.SplitN(arn, ":", 6)
	bad := Errorf(KindInvalidParameter, "'%s' is not a valid %s ARN", arn, trafficWord(kinds))
	if len(parts) != 6 || parts[0] != "arn" || parts[1] != "aws" || parts[2] != "elasticloadbalancing" {
		return TrafficResource{}, bad
	}
	if region != "" && parts[3] != region || account != "" && parts[4] != account {
		return TrafficResource{}, Errorf(KindInvalidParameter, "'%s' is not a valid %s ARN: it is of region %s and account %s; here they are %s and %s",
			arn, trafficWord(kinds), parts[3], parts[4], region, account)
	}
	r, ok := ParseTrafficResource(parts[5])
	for _, kind := range kinds {
		if ok && r.Kind == kind {
			return r, nil
		}
	}
	return TrafficResource{}, bad
}

func trafficWord(kinds []string) string {
	words := map[string]string{
		ResourceLoadBalancer: "load balancer", ResourceTargetGroup: "target group", ResourceListener: "listener", ResourceListenerRule: "listener rule",
	}
	var all []string
	for _, kind := range kinds {
		all = append(all, words[kind])
	}
	return strings.Join(all, " or ")
}
