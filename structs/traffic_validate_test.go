package structs

import (
	"strings"
	"testing"
)

// refusedWith fails unless err is of a kind and has these words.
func refusedWith(t *testing.T, name string, err error, kind Kind, words string) {
	t.Helper()
	if kind == "" && err == nil {
		return
	}
	if err == nil || KindOf(err) != kind || !strings.Contains(err.Error(), words) {
		t.Errorf("%s: %v (%s), want %s with %q", name, err, KindOf(err), kind, words)
	}
}

func TestLoadBalancersThatCannotBe(t *testing.T) {
	for _, test := range []struct {
		b     LoadBalancer
		kind  Kind
		words string
	}{
		{LoadBalancer{Name: "web"}, "", ""},
		{LoadBalancer{Name: "web", Type: "network", IPAddressType: "dualstack"}, "", ""},
		{LoadBalancer{}, KindInvalidParameter, "can only contain"},
		{LoadBalancer{Name: strings.Repeat("a", 33)}, KindInvalidParameter, "cannot be longer than '32' characters"},
		{LoadBalancer{Name: "-web"}, KindInvalidParameter, "cannot begin or end with a hyphen"},
		{LoadBalancer{Name: "web/x"}, KindInvalidParameter, "can only contain"},
		{LoadBalancer{Name: "internal-web"}, KindInvalidParameter, "cannot begin with 'internal-'"},
		{LoadBalancer{Name: "web", Type: "gateway"}, KindInvalidConfiguration, "use application or network"},
		{LoadBalancer{Name: "web", IPAddressType: "dualstack-without-public-ipv4"}, KindInvalidConfiguration, "use ipv4 or dualstack"},
		{LoadBalancer{Name: "web", Subnets: []string{"a", "a"}}, KindInvalidConfiguration, "'a' is given twice"},
	} {
		refusedWith(t, test.b.Name, test.b.Validate(), test.kind, test.words)
	}
}

func TestTargetGroupsThatCannotBe(t *testing.T) {
	check := func(c TargetCheck) TargetCheck { c.Enabled = true; return c }
	for name, test := range map[string]struct {
		g     TargetGroup
		kind  Kind
		words string
	}{
		"plain":                {TargetGroup{Protocol: "HTTP", Port: 80}, "", ""},
		"gRPC":                 {TargetGroup{Protocol: "HTTP", Port: 80, ProtocolVersion: "GRPC", Check: check(TargetCheck{Matcher: "0-99"})}, "", ""},
		"TCP, checked by HTTP": {TargetGroup{Protocol: "TCP", Port: 80, Check: check(TargetCheck{Protocol: "HTTP", Matcher: "200-599"})}, "", ""},
		"short interval":       {TargetGroup{Protocol: "HTTP", Port: 80, Check: check(TargetCheck{Interval: 5})}, "", ""},
		"no protocol":          {TargetGroup{Port: 80}, KindInvalidParameter, "A protocol must be specified"},
		"no port":              {TargetGroup{Protocol: "HTTP"}, KindInvalidParameter, "A port must be specified"},
		"lambda":               {TargetGroup{Protocol: "HTTP", Port: 80, TargetType: "lambda"}, KindInvalidConfiguration, "use instance or ip"},
		"GENEVE":               {TargetGroup{Protocol: "GENEVE", Port: 80}, KindInvalidConfiguration, "does not speak 'GENEVE'"},
		"version of TCP":       {TargetGroup{Protocol: "TCP", Port: 80, ProtocolVersion: "HTTP2"}, KindInvalidConfiguration, "Protocol version cannot be specified"},
		"unknown version":      {TargetGroup{Protocol: "HTTP", Port: 80, ProtocolVersion: "HTTP3"}, KindInvalidParameter, "[GRPC, HTTP1, HTTP2]"},
		"HTTP checked by TCP":  {TargetGroup{Protocol: "HTTP", Port: 80, Check: check(TargetCheck{Protocol: "TCP"})}, KindInvalidConfiguration, "Health check protocol 'TCP' is not supported"},
		"no checks":            {TargetGroup{Protocol: "HTTP", Port: 80}, KindInvalidConfiguration, "must be true"},
		"path of TCP":          {TargetGroup{Protocol: "TCP", Port: 80, Check: check(TargetCheck{Path: "/"})}, KindInvalidConfiguration, "path cannot be specified"},
		"path":                 {TargetGroup{Protocol: "HTTP", Port: 80, Check: check(TargetCheck{Path: "health"})}, KindInvalidParameter, "must begin with a '/'"},
		"path with a break":    {TargetGroup{Protocol: "HTTP", Port: 80, Check: check(TargetCheck{Path: "/a\r\nb"})}, KindInvalidParameter, "printable"},
		"port of checks":       {TargetGroup{Protocol: "HTTP", Port: 80, Check: check(TargetCheck{Port: "http"})}, KindInvalidParameter, "'traffic-port' or a number"},
		"interval":             {TargetGroup{Protocol: "HTTP", Port: 80, Check: check(TargetCheck{Interval: 301})}, KindInvalidParameter, "between 5 and 300"},
		"timeout":              {TargetGroup{Protocol: "HTTP", Port: 80, Check: check(TargetCheck{Interval: 10, Timeout: 10})}, KindInvalidParameter, "greater than the timeout"},
		"threshold":            {TargetGroup{Protocol: "HTTP", Port: 80, Check: check(TargetCheck{Healthy: 11})}, KindInvalidParameter, "between 2 and 10"},
		"matcher":              {TargetGroup{Protocol: "HTTP", Port: 80, Check: check(TargetCheck{Matcher: "200-5"})}, KindInvalidParameter, "HTTP codes between 200 and 499"},
		"matcher of gRPC":      {TargetGroup{Protocol: "HTTP", Port: 80, ProtocolVersion: "GRPC", Check: check(TargetCheck{Matcher: "200"})}, KindInvalidParameter, "gRPC codes between 0 and 99"},
		"IPv6 instances":       {TargetGroup{Protocol: "HTTP", Port: 80, IPAddressType: "ipv6"}, KindInvalidConfiguration, "reached by IPv4"},
	} {
		test.g.Name = "web"
		if name != "no checks" {
			test.g.Check.Enabled = true
		}
		refusedWith(t, name, test.g.Validate(), test.kind, test.words)
	}
}

func TestListenersThatCannotBe(t *testing.T) {
	fixed := []RuleAction{{Type: ActionFixedResponse, Fixed: &FixedResponse{Status: 404}}}
	const certificate = "arn:aws:acm:us-east-1:000000000000:certificate/1"
	application, network := &LoadBalancer{Type: LoadBalancerApplication}, &LoadBalancer{Type: LoadBalancerNetwork}
	for name, test := range map[string]struct {
		of    *LoadBalancer
		l     Listener
		kind  Kind
		words string
	}{
		"HTTP":                {application, Listener{Protocol: "HTTP", Port: 80}, "", ""},
		"HTTPS by itself":     {application, Listener{Protocol: "HTTPS", Port: 443}, "", ""},
		"no protocol":         {application, Listener{Port: 80}, KindInvalidParameter, "protocol must be specified"},
		"no port":             {application, Listener{Protocol: "HTTP"}, KindInvalidParameter, "port must be specified"},
		"TCP of applications": {application, Listener{Protocol: "TCP", Port: 80}, KindUnsupportedProtocol, "use 'HTTP' or 'HTTPS'"},
		"HTTP of networks":    {network, Listener{Protocol: "HTTP", Port: 80}, KindUnsupportedProtocol, "use 'TCP'"},
		"answers of networks": {network, Listener{Protocol: "TCP", Port: 80}, KindInvalidAction, "use forward"},
		"certificate of HTTP": {application, Listener{Protocol: "HTTP", Port: 80, Certificates: []string{certificate}}, KindInvalidConfiguration, "cannot be specified for HTTP"},
		"policy of HTTP":      {application, Listener{Protocol: "HTTP", Port: 80, SSLPolicy: DefaultSSLPolicy}, KindInvalidConfiguration, "cannot be specified for HTTP"},
		"unknown policy":      {application, Listener{Protocol: "HTTPS", Port: 443, SSLPolicy: "mine"}, KindSSLPolicyNotFound, "'mine' not found"},
		"no certificate":      {application, Listener{Protocol: "HTTPS", Port: 443, Certificates: []string{"mine"}}, KindInvalidParameter, "Certificate ARN 'mine' is not valid"},
		"certificate twice":   {application, Listener{Protocol: "HTTPS", Port: 443, Certificates: []string{certificate, certificate}}, KindInvalidConfiguration, "given twice"},
		"ALPN of HTTPS":       {application, Listener{Protocol: "HTTPS", Port: 443, ALPN: []string{"None"}}, KindALPNPolicyNotSupported, "only be specified for TLS"},
		"unknown ALPN":        {network, Listener{Protocol: "TLS", Port: 443, ALPN: []string{"HTTP3"}}, KindALPNPolicyNotSupported, "'HTTP3' is not supported"},
	} {
		test.l.DefaultActions = fixed
		refusedWith(t, name, test.l.Validate(test.of), test.kind, test.words)
	}
}
