package elbv2

import (
	"context"
	"crypto/tls"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// limits are those that Gantry has, by elbv2's names.
var limits = map[string]int{
	"application-load-balancers":                            structs.MaxLoadBalancers,
	"certificates-per-application-load-balancer":            structs.MaxListenerCerts,
	"certificates-per-network-load-balancer":                structs.MaxListenerCerts,
	"condition-values-per-alb-rule":                         structs.MaxConditionValues,
	"condition-wildcards-per-alb-rule":                      structs.MaxConditionWildcards,
	"listeners-per-application-load-balancer":               structs.MaxListeners,
	"listeners-per-network-load-balancer":                   structs.MaxListeners,
	"network-load-balancers":                                structs.MaxLoadBalancers,
	"rules-per-application-load-balancer":                   structs.MaxRules,
	"target-groups":                                         structs.MaxTargetGroups,
	"target-groups-per-action-on-application-load-balancer": structs.MaxActionTargetGroups,
	"target-groups-per-action-on-network-load-balancer":     structs.MaxActionTargetGroups,
	"targets-per-application-load-balancer":                 structs.MaxTargets,
	"targets-per-network-load-balancer":                     structs.MaxTargets,
}

func (c *call) describeAccountLimits(_ context.Context, in *DescribeAccountLimitsInput) (*DescribeAccountLimitsOutput, error) {
	var rows []Limit
	for name, most := range limits {
		rows = append(rows, Limit{Name: name, Max: decimal(most)})
	}
	key := func(l Limit) string { return l.Name }
	out := &DescribeAccountLimitsOutput{}
	var err error
	out.Limits, out.NextMarker, err = page("DescribeAccountLimits", unique(rows, key), key, in.PageSize, in.Marker)
	return out, err
}

// describeSSLPolicies shows the security policies that listeners can have.
func (c *call) describeSSLPolicies(_ context.Context, in *DescribeSSLPoliciesInput) (*DescribeSSLPoliciesOutput, error) {
	policies := structs.SSLPolicies()
	if len(in.Names) > 0 {
		policies = nil
		for _, name := range in.Names {
			p, ok := structs.SSLPolicyNamed(name)
			if !ok {
				return nil, structs.Errorf(structs.KindSSLPolicyNotFound, "SSL policy '%s' not found", name)
			}
			policies = append(policies, p)
		}
	}
	var rows []SslPolicy
	for _, p := range policies {
		rows = append(rows, showSSLPolicy(p))
	}
	key := func(p SslPolicy) string { return p.Name }
	out := &DescribeSSLPoliciesOutput{}
	var err error
	out.SslPolicies, out.NextMarker, err = page("DescribeSSLPolicies", unique(rows, key), key, in.PageSize, in.Marker)
	return out, err
}

// showSSLPolicy shows what is spoken, not what elbv2 would speak.
func showSSLPolicy(p structs.SSLPolicy) SslPolicy {
	out := SslPolicy{
		Name: p.Name, SslProtocols: []string{"TLSv1.2", "TLSv1.3"},
		SupportedLoadBalancerTypes: []string{structs.LoadBalancerApplication, structs.LoadBalancerNetwork},
	}
	if p.OnlyTLS13 {
		out.SslProtocols = out.SslProtocols[1:]
	}
	for _, suite := range tls.CipherSuites() {
		if !p.OnlyTLS13 || slices.Equal(suite.SupportedVersions, []uint16{tls.VersionTLS13}) {
			out.Ciphers = append(out.Ciphers, Cipher{Name: opensslName(suite.ID), Priority: new(int32(len(out.Ciphers) + 1))})
		}
	}
	return out
}

// opensslName returns the name of a cipher as OpenSSL, and so elbv2, has it.
func opensslName(id uint16) string {
	name := strings.TrimPrefix(tls.CipherSuiteName(id), "TLS_")
	if strings.HasPrefix(name, "AES_") || strings.HasPrefix(name, "CHACHA20_") {
		return "TLS_" + name // of TLS 1.3
	}
	name = strings.NewReplacer("RSA_WITH_", "RSA-", "ECDSA_WITH_", "ECDSA-", "CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305", "AES_128_CBC", "AES128", "AES_256_CBC", "AES256", "AES_128", "AES128",
		"AES_256", "AES256").Replace(name)
	return strings.TrimPrefix(strings.ReplaceAll(name, "_", "-"), "RSA-")
}
