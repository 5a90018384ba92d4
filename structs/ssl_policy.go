package structs

import (
	"crypto/tls"
	"slices"
)

// SSLPolicy is one of elbv2's security policies: which versions of TLS, and which ciphers of those
// before 1.3, a listener takes.
type SSLPolicy struct {
	Name     string
	Min, Max uint16 // of crypto/tls
	// Ciphers are those before TLS 1.3, the preferred first.
	Ciphers []uint16
}

var (
	gcmCiphers = []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	}
	cbcCiphers = []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
	}
	rsaCiphers = []uint16{
		tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_RSA_WITH_AES_128_CBC_SHA256,
		tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA,
	}
)

// sslPolicies are the policies that listeners can have. Those of elbv2 that allow only versions
// before TLS 1.2, or are for FIPS, are not here.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
var sslPolicies = []SSLPolicy{
	{DefaultSSLPolicy, tls.VersionTLS12, tls.VersionTLS13, gcmAndSHA2()},
	{"ELBSecurityPolicy-TLS13-1-2-Res-2021-06", tls.VersionTLS12, tls.VersionTLS13, gcmCiphers},
	{"ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06", tls.VersionTLS12, tls.VersionTLS13, slices.Concat(gcmAndSHA2(), rsaCiphers[:3])},
	{"ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06", tls.VersionTLS12, tls.VersionTLS13, slices.Concat(gcmCiphers, cbcCiphers, rsaCiphers)},
	{"ELBSecurityPolicy-TLS13-1-3-2021-06", tls.VersionTLS13, tls.VersionTLS13, nil},
	{"ELBSecurityPolicy-TLS13-1-1-2021-06", tls.VersionTLS11, tls.VersionTLS13, slices.Concat(gcmCiphers, cbcCiphers, rsaCiphers)},
	{"ELBSecurityPolicy-TLS13-1-0-2021-06", tls.VersionTLS10, tls.VersionTLS13, slices.Concat(gcmCiphers, cbcCiphers, rsaCiphers)},
	{"ELBSecurityPolicy-2016-08", tls.VersionTLS10, tls.VersionTLS12, slices.Concat(gcmCiphers, cbcCiphers, rsaCiphers)},
	{"ELBSecurityPolicy-TLS-1-2-2017-01", tls.VersionTLS12, tls.VersionTLS12, slices.Concat(gcmAndSHA2(), rsaCiphers[:3])},
	{"ELBSecurityPolicy-TLS-1-2-Ext-2018-06", tls.VersionTLS12, tls.VersionTLS12, slices.Concat(gcmCiphers, cbcCiphers, rsaCiphers)},
	{"ELBSecurityPolicy-TLS-1-1-2017-01", tls.VersionTLS11, tls.VersionTLS12, slices.Concat(gcmCiphers, cbcCiphers, rsaCiphers)},
	{"ELBSecurityPolicy-FS-2018-06", tls.VersionTLS10, tls.VersionTLS12, slices.Concat(gcmCiphers, cbcCiphers)},
	{"ELBSecurityPolicy-FS-1-1-2019-08", tls.VersionTLS11, tls.VersionTLS12, slices.Concat(gcmCiphers, cbcCiphers)},
	{"ELBSecurityPolicy-FS-1-2-2019-08", tls.VersionTLS12, tls.VersionTLS12, slices.Concat(gcmCiphers, cbcCiphers)},
	{"ELBSecurityPolicy-FS-1-2-Res-2019-08", tls.VersionTLS12, tls.VersionTLS12, gcmAndSHA2()},
	{"ELBSecurityPolicy-FS-1-2-Res-2020-10", tls.VersionTLS12, tls.VersionTLS12, gcmCiphers},
}

// gcmAndSHA2 are the ciphers with forward secrecy and SHA-2.
func gcmAndSHA2() []uint16 { return slices.Concat(gcmCiphers, cbcCiphers[:2]) }

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
