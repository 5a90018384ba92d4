package structs

import (
	"regexp"
	"slices"
	"strings"
)

// The limits of load balancers (elbv2: quotas; some are larger here). MaxRules counts those of one
// listener without the default one.
const (
	MaxLoadBalancers       = 1000
	MaxTargetGroups        = 3000
	MaxListeners           = 50
	MaxRules               = 1000
	MaxListenerCerts       = 25
	MaxTargets             = 1000
	MaxActionTargetGroups  = 5
	MaxConditionValues     = 5
	MaxConditionWildcards  = 6
	maxTrafficName         = 32
	maxRulePriority        = 50000
	maxForwardWeight       = 999
	maxForwardStickiness   = 604800
	maxConditionValue      = 128
	maxConditionHeaderName = 40
)

var trafficNames = regexp.MustCompile(`^[a-zA-Z0-9-]+$`)

func checkTrafficName(what, name string) error {
	switch {
	case len(name) > maxTrafficName:
		return Errorf(KindInvalidParameter, "%s name '%s' cannot be longer than '%d' characters", what, name, maxTrafficName)
	case !trafficNames.MatchString(name):
		return Errorf(KindInvalidParameter, "%s name '%s' can only contain characters that are alphanumeric characters and hyphens(-)", what, name)
	case strings.HasPrefix(name, "-") || strings.HasSuffix(name, "-"):
		return Errorf(KindInvalidParameter, "%s name '%s' cannot begin or end with a hyphen(-)", what, name)
	}
	return nil
}

// Validate reports what is wrong with a load balancer, and fills in what is left out, as elbv2
// does.
func (b *LoadBalancer) Validate() error {
	if b.Type == "" {
		b.Type = LoadBalancerApplication
	}
	if b.Scheme == "" {
		b.Scheme = "internet-facing"
	}
	if b.IPAddressType == "" {
		b.IPAddressType = "ipv4"
	}
	if err := checkTrafficName("The load balancer", b.Name); err != nil {
		return err
	}
	switch {
	case strings.HasPrefix(b.Name, "internal-"):
		return Errorf(KindInvalidParameter, "The load balancer name '%s' cannot begin with 'internal-'", b.Name)
	case b.Type != LoadBalancerApplication && b.Type != LoadBalancerNetwork:
		return Errorf(KindInvalidConfiguration, "Type: Gantry has no load balancers of type '%s'; use application or network", b.Type)
	case b.IPAddressType != "ipv4" && b.IPAddressType != "dualstack":
		return Errorf(KindInvalidConfiguration, "IpAddressType: '%s' is not honored; use ipv4 or dualstack", b.IPAddressType)
	}
	for _, list := range [][]string{b.Subnets, b.SecurityGroups} {
		for n, id := range list {
			if slices.Contains(list[:n], id) {
				return Errorf(KindInvalidConfiguration, "'%s' is given twice", id)
			}
		}
	}
	return nil
}

// SameSettings reports whether a request for a new load balancer asks for this one: then elbv2
// answers with it instead of an error.
func (b *LoadBalancer) SameSettings(as *LoadBalancer) bool {
	return b.Name == as.Name && b.Type == as.Type && b.Scheme == as.Scheme && b.IPAddressType == as.IPAddressType &&
		sameSet(b.Subnets, as.Subnets) && sameSet(b.SecurityGroups, as.SecurityGroups) && b.Owner == as.Owner
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
