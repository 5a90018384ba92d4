package structs

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// The versions of HTTP that targets are spoken to in (elbv2).
const (
	VersionHTTP1 = "HTTP1"
	VersionHTTP2 = "HTTP2"
	VersionGRPC  = "GRPC"
)

// TrafficPort is the port of a health check that means the port of the target.
const TrafficPort = "traffic-port"

// IsHTTP reports whether the group is for application load balancers.
func (g *TargetGroup) IsHTTP() bool { return IsHTTP(g.Protocol) }

// IsHTTP reports whether a protocol is one of application load balancers.
func IsHTTP(protocol string) bool { return protocol == ProtocolHTTP || protocol == ProtocolHTTPS }

// Carries reports whether a listener of a protocol can forward to targets of another one (elbv2).
func Carries(listener, targets string) bool {
	switch listener {
	case ProtocolHTTP, ProtocolHTTPS:
		return IsHTTP(targets)
	case ProtocolTCP:
		return targets == ProtocolTCP || targets == ProtocolTCPUDP
	case ProtocolTLS:
		return targets == ProtocolTCP || targets == ProtocolTLS
	case ProtocolUDP:
		return targets == ProtocolUDP || targets == ProtocolTCPUDP
	case ProtocolTCPUDP:
		return targets == ProtocolTCPUDP
	}
	return false
}

// Validate reports what is wrong with a target group, and fills in what is left out, as elbv2 does.
func (g *TargetGroup) Validate() error {
	g.TargetType = cmp.Or(g.TargetType, TargetTypeInstance)
	g.IPAddressType = cmp.Or(g.IPAddressType, "ipv4")
	if err := checkTrafficName("Target group", g.Name); err != nil {
		return err
	}
	switch {
	case g.TargetType != TargetTypeInstance && g.TargetType != TargetTypeIP:
		return Errorf(KindInvalidConfiguration, "TargetType: Gantry has no targets of type '%s'; use instance or ip", g.TargetType)
	case g.Protocol == "":
		return Errorf(KindInvalidParameter, "A protocol must be specified")
	case !g.IsHTTP() && !slices.Contains([]string{ProtocolTCP, ProtocolTLS, ProtocolUDP, ProtocolTCPUDP}, g.Protocol):
		return Errorf(KindInvalidConfiguration, "Protocol: Gantry does not speak '%s' to targets; use HTTP, HTTPS, TCP, TLS, UDP or TCP_UDP", g.Protocol)
	case g.Port == 0:
		return Errorf(KindInvalidParameter, "A port must be specified")
	case g.Port < 1 || g.Port > 65535:
		return Errorf(KindInvalidParameter, "Port '%d' must be between 1 and 65535", g.Port)
	case g.IPAddressType == "ipv6" && g.TargetType == TargetTypeInstance:
		return Errorf(KindInvalidConfiguration, "IpAddressType: targets of type instance are reached by IPv4; use ipv4, or the target type ip")
	case g.ProtocolVersion != "" && !g.IsHTTP():
		return Errorf(KindInvalidConfiguration, "Protocol version cannot be specified for target groups with the protocol '%s'", g.Protocol)
	}
	if g.IsHTTP() {
		g.ProtocolVersion = cmp.Or(g.ProtocolVersion, VersionHTTP1)
		if !slices.Contains([]string{VersionHTTP1, VersionHTTP2, VersionGRPC}, g.ProtocolVersion) {
			return Errorf(KindInvalidParameter, "Protocol version '%s' must be one of '[GRPC, HTTP1, HTTP2]'", g.ProtocolVersion)
		}
	}
	return g.checkHealthCheck()
}

// fillHealthCheck fills in what elbv2 does for a health check.
func (g *TargetGroup) fillHealthCheck() {
	c := &g.Check
	if c.Protocol == "" {
		c.Protocol = ProtocolTCP
		if g.IsHTTP() {
			c.Protocol = ProtocolHTTP
		}
	}
	c.Port = cmp.Or(c.Port, TrafficPort)
	c.Interval = cmp.Or(c.Interval, 30)
	c.Healthy = cmp.Or(c.Healthy, 5)
	c.Unhealthy = cmp.Or(c.Unhealthy, 2)
	timeout := int32(5)
	if !g.IsHTTP() {
		timeout = 10
		if c.Protocol == ProtocolHTTP {
			timeout = 6
		}
	}
	if c.Timeout == 0 {
		c.Timeout = min(timeout, max(c.Interval-1, 2))
	}
	if !IsHTTP(c.Protocol) {
		return
	}
	path, matcher := "/", "200"
	switch {
	case g.ProtocolVersion == VersionGRPC:
		path, matcher = "/AWS.ALB/healthcheck", "12"
	case !g.IsHTTP():
		matcher = "200-399"
	}
	c.Path, c.Matcher = cmp.Or(c.Path, path), cmp.Or(c.Matcher, matcher)
}

func (g *TargetGroup) checkHealthCheck() error {
	g.fillHealthCheck()
	c := &g.Check
	switch {
	case !slices.Contains([]string{ProtocolHTTP, ProtocolHTTPS, ProtocolTCP}, c.Protocol) || g.IsHTTP() && c.Protocol == ProtocolTCP:
		return Errorf(KindInvalidConfiguration, "Health check protocol '%s' is not supported for target groups with the protocol '%s'", c.Protocol, g.Protocol)
	case !c.Enabled:
		return Errorf(KindInvalidConfiguration, "Health check enabled must be true for target groups with target type '%s'", g.TargetType)
	case !IsHTTP(c.Protocol) && c.Path != "":
		return Errorf(KindInvalidConfiguration, "Health check path cannot be specified for health checks with protocol '%s'", c.Protocol)
	case !IsHTTP(c.Protocol) && c.Matcher != "":
		return Errorf(KindInvalidConfiguration, "Health check matcher cannot be specified for health checks with protocol '%s'", c.Protocol)
	case IsHTTP(c.Protocol) && (!strings.HasPrefix(c.Path, "/") || strings.ContainsFunc(c.Path, func(r rune) bool { return r <= ' ' || r >= 0x7f })):
		return Errorf(KindInvalidParameter, "Health check path '%s' must begin with a '/' character, and can only contain printable ASCII characters without spaces", c.Path)
	}
	if port, err := strconv.Atoi(c.Port); c.Port != TrafficPort && (err != nil || port < 1 || port > 65535) {
		return Errorf(KindInvalidParameter, "Health check port '%s' must be '%s' or a number between 1 and 65535", c.Port, TrafficPort)
	}
	for _, of := range []struct {
		what               string
		value, least, most int32
	}{
		{"interval", c.Interval, 5, 300}, {"timeout", c.Timeout, 2, 120},
		{"healthy threshold count", c.Healthy, 2, 10}, {"unhealthy threshold count", c.Unhealthy, 2, 10},
	} {
		if of.value < of.least || of.value > of.most {
			return Errorf(KindInvalidParameter, "Health check %s '%d' must be between %d and %d", of.what, of.value, of.least, of.most)
		}
	}
	if c.Timeout >= c.Interval {
		return Errorf(KindInvalidParameter, "Health check interval must be greater than the timeout; they are %d and %d seconds", c.Interval, c.Timeout)
	}
	if IsHTTP(c.Protocol) {
		return g.checkMatcher()
	}
	return nil
}

// checkMatcher checks the codes that pass a health check: numbers and ranges, separated by commas.
func (g *TargetGroup) checkMatcher() error {
	what, least, most := "HTTP codes", 200, 499
	if g.ProtocolVersion == VersionGRPC {
		what, least, most = "gRPC codes", 0, 99
	} else if !g.IsHTTP() {
		most = 599
	}
	if _, ok := MatcherCodes(g.Check.Matcher, least, most); !ok {
		return Errorf(KindInvalidParameter, "Health check matcher '%s' must be %s between %d and %d, such as '%d', '%d,%d' or '%d-%d'",
			g.Check.Matcher, what, least, most, least, least, least+1, least, least+9)
	}
	return nil
}

// MatcherCodes reads a matcher: pairs of the first and the last code of each range. All must be
// between least and most.
func MatcherCodes(matcher string, least, most int) (ranges [][2]int, ok bool) {
	for part := range strings.SplitSeq(matcher, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, err1 := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		if err1 != nil || err2 != nil || first < least || last > most || first > last {
			return nil, false
		}
		ranges = append(ranges, [2]int{first, last})
	}
	return ranges, true
}

// SameSettings is as LoadBalancer.SameSettings.
func (g *TargetGroup) SameSettings(as *TargetGroup) bool {
	return g.Name == as.Name && g.Protocol == as.Protocol && g.ProtocolVersion == as.ProtocolVersion && g.Port == as.Port &&
		g.TargetType == as.TargetType && g.IPAddressType == as.IPAddressType && g.VPC == as.VPC && g.Check == as.Check && g.Owner == as.Owner
}
