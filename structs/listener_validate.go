package structs

import (
	"reflect"
	"regexp"
	"slices"
)

// DefaultSSLPolicy is that of listeners that name none.
const DefaultSSLPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06"

// The ALPN policies of TLS listeners (elbv2), with the protocols that each offers in their order.
var alpnPolicies = map[string][]string{
	"HTTP1Only": {"http/1.1"}, "HTTP2Only": {"h2"}, "HTTP2Optional": {"http/1.1", "h2"}, "HTTP2Preferred": {"h2", "http/1.1"}, "None": nil,
}

// ALPNProtocols returns the protocols that an ALPN policy offers, in their order.
func ALPNProtocols(policy string) []string { return slices.Clone(alpnPolicies[policy]) }

// certificateARNs are the ARNs of certificates, of ACM and of IAM.
var certificateARNs = regexp.MustCompile(`^arn:aws:(acm:[a-z0-9-]+:\d{12}:certificate/[\w-]+|iam::\d{12}:server-certificate/[\w+=,.@/-]+)$`)

// UsesTLS reports whether the listener ends TLS.
func (l *Listener) UsesTLS() bool { return l.Protocol == ProtocolHTTPS || l.Protocol == ProtocolTLS }

// SameSettings is as LoadBalancer.SameSettings.
func (l *Listener) SameSettings(as *Listener) bool {
	return l.LoadBalancer == as.LoadBalancer && l.Port == as.Port && l.Protocol == as.Protocol && l.SSLPolicy == as.SSLPolicy &&
		slices.Equal(l.Certificates, as.Certificates) && slices.Equal(l.ALPN, as.ALPN) && reflect.DeepEqual(l.DefaultActions, as.DefaultActions)
}

// Validate reports what is wrong with a listener of a load balancer, and fills in what is left out,
// as elbv2 does. Whether its target groups and certificates exist is checked when it is written.
func (l *Listener) Validate(of *LoadBalancer) error {
	allowed := []string{ProtocolHTTP, ProtocolHTTPS}
	if of.Type == LoadBalancerNetwork {
		allowed = []string{ProtocolTCP, ProtocolTLS, ProtocolUDP, ProtocolTCPUDP}
	}
	switch {
	case l.Protocol == "":
		return Errorf(KindInvalidParameter, "A listener protocol must be specified")
	case !slices.Contains(allowed, l.Protocol):
		return Errorf(KindUnsupportedProtocol, "Listener protocol '%s' is not supported for load balancers of type %s here; use %s", l.Protocol, of.Type, quoted(allowed))
	case l.Port == 0:
		return Errorf(KindInvalidParameter, "A listener port must be specified")
	case l.Port < 1 || l.Port > 65535:
		return Errorf(KindInvalidParameter, "Listener port '%d' must be between 1 and 65535", l.Port)
	case len(l.Certificates) > MaxListenerCerts:
		return Errorf(KindTooManyCertificates, "A listener can have at most %d certificates", MaxListenerCerts)
	case !l.UsesTLS() && len(l.Certificates) > 0:
		return Errorf(KindInvalidConfiguration, "A certificate cannot be specified for %s listeners", l.Protocol)
	case !l.UsesTLS() && l.SSLPolicy != "":
		return Errorf(KindInvalidConfiguration, "An SSL policy cannot be specified for %s listeners", l.Protocol)
	case l.Protocol != ProtocolTLS && len(l.ALPN) > 0:
		return Errorf(KindALPNPolicyNotSupported, "An ALPN policy can only be specified for TLS listeners, and the listener's protocol is %s", l.Protocol)
	case len(l.ALPN) > 1:
		return Errorf(KindInvalidConfiguration, "Only one ALPN policy can be specified")
	}
	for _, policy := range l.ALPN {
		if _, ok := alpnPolicies[policy]; !ok {
			return Errorf(KindALPNPolicyNotSupported, "ALPN policy '%s' is not supported", policy)
		}
	}
	for n, arn := range l.Certificates {
		if !certificateARNs.MatchString(arn) {
			return Errorf(KindInvalidParameter, "Certificate ARN '%s' is not valid", arn)
		}
		if slices.Contains(l.Certificates[:n], arn) {
			return Errorf(KindInvalidConfiguration, "Certificate ARN '%s' is given twice", arn)
		}
	}
	if l.UsesTLS() {
		if l.SSLPolicy == "" {
			l.SSLPolicy = DefaultSSLPolicy
		}
		if _, ok := SSLPolicyNamed(l.SSLPolicy); !ok {
			return Errorf(KindSSLPolicyNotFound, "SSL policy '%s' not found", l.SSLPolicy)
		}
	}
	return l.CheckActions(l.DefaultActions)
}
