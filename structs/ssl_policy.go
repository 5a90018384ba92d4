package structs

import "slices"

// SSLPolicy is one of elbv2's security policies. TLS before 1.2 is never spoken, and the ciphers of
// 1.2 are those that Go holds secure; so policies differ only in whether 1.2 is.
type SSLPolicy struct {
	Name      string
	OnlyTLS13 bool
}

// sslPolicies are the policies that listeners can have. Those of elbv2 for FIPS are not here.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
var sslPolicies = []SSLPolicy{
	{Name: DefaultSSLPolicy},
	{Name: "ELBSecurityPolicy-TLS13-1-3-2021-06", OnlyTLS13: true},
	{Name: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"}, {Name: "ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06"},
	{Name: "ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06"}, {Name: "ELBSecurityPolicy-TLS13-1-1-2021-06"}, {Name: "ELBSecurityPolicy-TLS13-1-0-2021-06"},
	{Name: "ELBSecurityPolicy-2016-08"}, {Name: "ELBSecurityPolicy-TLS-1-2-2017-01"}, {Name: "ELBSecurityPolicy-TLS-1-2-Ext-2018-06"},
	{Name: "ELBSecurityPolicy-TLS-1-1-2017-01"}, {Name: "ELBSecurityPolicy-FS-2018-06"}, {Name: "ELBSecurityPolicy-FS-1-1-2019-08"},
	{Name: "ELBSecurityPolicy-FS-1-2-2019-08"}, {Name: "ELBSecurityPolicy-FS-1-2-Res-2019-08"}, {Name: "ELBSecurityPolicy-FS-1-2-Res-2020-10"},
}

// SSLPolicies returns all policies, the default one first.
func SSLPolicies() []SSLPolicy { return slices.Clone(sslPolicies) }

// SSLPolicyNamed returns the policy of a name, and whether there is one.
func SSLPolicyNamed(name string) (SSLPolicy, bool) {
	n := slices.IndexFunc(sslPolicies, func(p SSLPolicy) bool { return p.Name == name })
	if n < 0 {
		return SSLPolicy{}, false
	}
	return sslPolicies[n], true
}
