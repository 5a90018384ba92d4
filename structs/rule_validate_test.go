package structs

import (
	"strings"
	"testing"
)

func TestConditionsThatCannotBe(t *testing.T) {
	l := &Listener{Protocol: ProtocolHTTP}
	condition := func(field string, values ...string) RuleCondition { return RuleCondition{Field: field, Values: values} }
	for name, test := range map[string]struct {
		conditions []RuleCondition
		words      string
	}{
		"all fields": {[]RuleCondition{
			condition(FieldHostHeader, "*.example.org"), condition(FieldRequestMethod, "GET"), condition(FieldSourceIP, "192.0.2.0/24"),
			{Field: FieldHTTPHeader, Header: "X-Team", Regex: []string{"^a+$"}}, {Field: FieldQueryString, Query: []QueryPair{{Value: "v"}}},
		}, ""},
		"none":                 {nil, "A condition must be specified"},
		"unknown field":        {[]RuleCondition{condition("cookie", "a")}, "must be one of"},
		"no value":             {[]RuleCondition{condition(FieldHostHeader)}, "must be specified"},
		"two hosts":            {[]RuleCondition{condition(FieldHostHeader, "a"), condition(FieldHostHeader, "b")}, "only have one 'host-header'"},
		"six values":           {[]RuleCondition{condition(FieldPathPattern, "/1", "/2", "/3"), condition(FieldHostHeader, "a", "b", "c")}, "only have '5' condition values"},
		"seven wildcards":      {[]RuleCondition{condition(FieldPathPattern, "/*/*/*/*"), condition(FieldHostHeader, "*.?.*")}, "only have '6' wildcards"},
		"long value":           {[]RuleCondition{condition(FieldPathPattern, "/"+strings.Repeat("a", 128))}, "between 1 and 128"},
		"host with a slash":    {[]RuleCondition{condition(FieldHostHeader, "a/b")}, "is not valid for the field 'host-header'"},
		"path with a blank":    {[]RuleCondition{condition(FieldPathPattern, "/a b")}, "is not valid for the field 'path-pattern'"},
		"method":               {[]RuleCondition{condition(FieldRequestMethod, "get")}, "is not valid"},
		"address, no network":  {[]RuleCondition{condition(FieldSourceIP, "192.0.2.1")}, "is not valid for the field 'source-ip'"},
		"header without name":  {[]RuleCondition{condition(FieldHTTPHeader, "a")}, "HTTP header name ''"},
		"the header Host":      {[]RuleCondition{{Field: FieldHTTPHeader, Header: "host", Values: []string{"a"}}}, "one of the field 'host-header'"},
		"regex of methods":     {[]RuleCondition{{Field: FieldRequestMethod, Regex: []string{"GET"}}}, "not supported for the condition field"},
		"bad regex":            {[]RuleCondition{{Field: FieldHostHeader, Regex: []string{"("}}}, "is not valid"},
		"values and regex":     {[]RuleCondition{{Field: FieldHostHeader, Values: []string{"a"}, Regex: []string{"b"}}}, "either values or regular expressions"},
		"query without value":  {[]RuleCondition{{Field: FieldQueryString, Query: []QueryPair{{Key: "k"}}}}, "has a value"},
		"query in a host":      {[]RuleCondition{{Field: FieldHostHeader, Query: []QueryPair{{Value: "v"}}}}, "cannot have values of this kind"},
		"header with a break":  {[]RuleCondition{{Field: FieldHTTPHeader, Header: "X", Values: []string{"a\r\nb"}}}, "is not valid"},
		"header name, a break": {[]RuleCondition{{Field: FieldHTTPHeader, Header: "X\n", Values: []string{"a"}}}, "HTTP header name"},
	} {
		r := ListenerRule{Priority: 1, Conditions: test.conditions, Actions: []RuleAction{{Type: ActionFixedResponse, Fixed: &FixedResponse{Status: 404}}}}
		kind := KindInvalidParameter
		if test.words == "" {
			kind = ""
		}
		refusedWith(t, name, r.Validate(l), kind, test.words)
	}
	r := ListenerRule{Priority: 50001, Conditions: []RuleCondition{condition(FieldHostHeader, "a")}}
	refusedWith(t, "priority", r.Validate(l), KindInvalidParameter, "between 1 and 50000")
	refusedWith(t, "of TCP", r.Validate(&Listener{Protocol: ProtocolTCP}), KindUnsupportedProtocol, "Rules are not supported")
}

func TestActionsThatCannotBe(t *testing.T) {
	l := &Listener{Protocol: ProtocolHTTP}
	forward := func(f ForwardAction) RuleAction { return RuleAction{Type: ActionForward, Forward: &f} }
	redirect := func(r Redirect) RuleAction { return RuleAction{Type: ActionRedirect, Redirect: &r} }
	fixed := func(f FixedResponse) RuleAction { return RuleAction{Type: ActionFixedResponse, Fixed: &f} }
	groups := func(ids ...string) (all []WeightedGroup) {
		for _, id := range ids {
			all = append(all, WeightedGroup{TargetGroup: id, Weight: 1})
		}
		return all
	}
	for name, test := range map[string]struct {
		actions []RuleAction
		kind    Kind
		words   string
	}{
		"forward":             {[]RuleAction{forward(ForwardAction{Groups: groups("a", "b"), Stickiness: 604800})}, "", ""},
		"redirect":            {[]RuleAction{redirect(Redirect{Protocol: "HTTPS", Query: "#{query}", Status: 301})}, "", ""},
		"none":                {nil, KindInvalidParameter, "An action must be specified"},
		"two":                 {[]RuleAction{fixed(FixedResponse{Status: 404}), fixed(FixedResponse{Status: 404})}, KindTooManyActions, "Only one action"},
		"of another type":     {[]RuleAction{{Type: ActionForward, Fixed: &FixedResponse{Status: 404}}}, KindInvalidAction, "its own configuration"},
		"without its part":    {[]RuleAction{{Type: ActionForward}}, KindInvalidAction, "its own configuration"},
		"no group":            {[]RuleAction{forward(ForwardAction{})}, KindInvalidParameter, "A target group must be specified"},
		"six groups":          {[]RuleAction{forward(ForwardAction{Groups: groups("a", "b", "c", "d", "e", "f")})}, KindTooManyTargetGroups, "at most 5"},
		"a group twice":       {[]RuleAction{forward(ForwardAction{Groups: groups("a", "a")})}, KindInvalidAction, "given twice"},
		"weight":              {[]RuleAction{forward(ForwardAction{Groups: []WeightedGroup{{TargetGroup: "a", Weight: 1000}}})}, KindInvalidAction, "between 0 and 999"},
		"stickiness":          {[]RuleAction{forward(ForwardAction{Groups: groups("a"), Stickiness: 604801})}, KindInvalidAction, "between 1 and 604800"},
		"redirect to itself":  {[]RuleAction{redirect(Redirect{Query: "#{query}", Status: 302})}, KindInvalidAction, "leads to itself"},
		"status of redirects": {[]RuleAction{redirect(Redirect{Host: "b", Status: 307})}, KindInvalidAction, "HTTP_301 or HTTP_302"},
		"redirect, protocol":  {[]RuleAction{redirect(Redirect{Protocol: "FTP", Status: 301})}, KindInvalidAction, "must be HTTP, HTTPS"},
		"redirect, port":      {[]RuleAction{redirect(Redirect{Port: "0", Status: 301})}, KindInvalidAction, "between 1 and 65535"},
		"redirect, path":      {[]RuleAction{redirect(Redirect{Path: "a", Status: 301})}, KindInvalidAction, "must begin with a slash"},
		"redirect, break":     {[]RuleAction{redirect(Redirect{Path: "/a\r\nX: y", Status: 301})}, KindInvalidAction, "printable"},
		"answer, status":      {[]RuleAction{fixed(FixedResponse{Status: 302})}, KindInvalidAction, "2XX, 4XX or 5XX"},
		"answer, type":        {[]RuleAction{fixed(FixedResponse{Status: 200, ContentType: "image/png"})}, KindInvalidAction, "must be one of text/plain"},
		"answer, length":      {[]RuleAction{fixed(FixedResponse{Status: 200, Body: strings.Repeat("a", 1025)})}, KindInvalidAction, "1025 bytes"},
	} {
		refusedWith(t, name, l.CheckActions(test.actions), test.kind, test.words)
	}
}

func TestAttributes(t *testing.T) {
	b := &LoadBalancer{Name: "web", Type: LoadBalancerApplication}
	set := func(key, value string) []TrafficAttribute { return []TrafficAttribute{{Key: key, Value: value}} }
	web, tcp := &TargetGroup{Protocol: ProtocolHTTP}, &TargetGroup{Protocol: ProtocolTCP, TargetType: TargetTypeIP}
	if err := b.SetAttributes(set("idle_timeout.timeout_seconds", "90")); err != nil || b.Attribute("idle_timeout.timeout_seconds") != "90" || len(b.Attributes) != 1 {
		t.Errorf("attributes %v, %v", b.Attributes, err)
	}
	if err := b.SetAttributes(set("idle_timeout.timeout_seconds", "60")); err != nil || len(b.Attributes) != 0 {
		t.Errorf("a default is kept: %v, %v", b.Attributes, err)
	}
	for _, test := range []struct {
		err   error
		words string // empty: it is taken
	}{
		{b.SetAttributes(set("waf.fail_open.enabled", "false")), ""},
		{b.SetAttributes(set("waf.fail_open.enabled", "true")), "has no effect here: there is no web application firewall; use 'false'"},
		{b.SetAttributes(set("access_logs.s3.enabled", "true")), "start the agents with --access-log"},
		{b.SetAttributes(set("idle_timeout.timeout_seconds", "4001")), "must be between 1 and 4000"},
		{b.SetAttributes(set("routing.http2.enabled", "maybe")), "use 'true' or 'false'"},
		// Terraform leaves out what is answered like this, so it is only for unknown keys.
		{b.SetAttributes(set("dns_record.client_routing_policy", "any_availability_zone")), "attribute key 'dns_record.client_routing_policy' is not recognized"},
		{web.SetAttributes(set("slow_start.duration_seconds", "0")), ""},
		{web.SetAttributes(set("slow_start.duration_seconds", "29")), "must be between 30 and 900, or '0'"},
		{web.SetAttributes(set("load_balancing.algorithm.anomaly_mitigation", "on")), "needs the load balancing algorithm weighted_random"},
		{web.SetAttributes(append(set("load_balancing.algorithm.anomaly_mitigation", "off"), set("load_balancing.algorithm.type", "weighted_random")...)), ""},
		{web.SetAttributes(append(set("stickiness.enabled", "true"), set("stickiness.type", "app_cookie")...)), "cookie_name' must be set"},
		{web.SetAttributes(set("proxy_protocol_v2.enabled", "true")), "is not recognized"},
		{tcp.SetAttributes(set("proxy_protocol_v2.enabled", "true")), ""},
		{tcp.SetAttributes(set("preserve_client_ip.enabled", "true")), "use proxy_protocol_v2.enabled"},
		{(&TargetGroup{Protocol: ProtocolHTTP}).SetAttributes(append(set("stickiness.app_cookie.cookie_name", "AWSALBX"),
			append(set("stickiness.enabled", "true"), set("stickiness.type", "app_cookie")...)...)), "is reserved"},
		{(&Listener{Protocol: ProtocolTCP}).SetAttributes(set(AttributeProxyProtocolIn, "true")), ""},
		{(&Listener{Protocol: ProtocolUDP}).SetAttributes(set(AttributeProxyProtocolIn, "true")), "is not recognized"},
	} {
		kind := KindInvalidConfiguration
		if test.words == "" {
			kind = ""
		}
		refusedWith(t, test.words, test.err, kind, test.words)
	}
}
