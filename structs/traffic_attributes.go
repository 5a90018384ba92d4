package structs

import "strconv"

// The keys of attributes that Gantry reads in more than one place (elbv2).
const (
	AttributeDeletionProtection  = "deletion_protection.enabled"
	AttributeDeregistrationDelay = "deregistration_delay.timeout_seconds"
	// AttributeProxyProtocolIn, of a listener, has it take headers of the PROXY protocol from its
	// clients. It is Gantry's own.
	AttributeProxyProtocolIn = "gantry.proxy_protocol.enabled"
	// AttributeHTTP3, of an HTTPS listener, has it take HTTP/3 too, at the UDP port of the same
	// number. It is Gantry's own.
	AttributeHTTP3 = "gantry.http3.enabled"
)

// attributeRule is what elbv2 says about an attribute, and what Gantry does with it.
type attributeRule struct {
	initial string // its value where nobody set one (elbv2)
	// allowed are the values that it can have; nil: any text.
	allowed []string
	// least and most bound a number, in addition to allowed; both zero: it is none.
	least, most int
	// fixed means that only the values of allowed have an effect here, though elbv2 has others.
	fixed string // the reason
}

var (
	onOff = []string{"true", "false"}
	text  = attributeRule{}
)

func flag(initial string) attributeRule { return attributeRule{initial: initial, allowed: onOff} }

func oneOf(values ...string) attributeRule {
	return attributeRule{initial: values[0], allowed: values}
}

func seconds(initial string, least, most int, also ...string) attributeRule {
	return attributeRule{initial: initial, allowed: also, least: least, most: most}
}

// without is an attribute of which only the default is taken.
func without(initial, reason string) attributeRule {
	return attributeRule{initial: initial, allowed: []string{initial}, fixed: reason}
}

// The attributes of load balancers: of both types, of application, and of network load balancers.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
var (
	loadBalancerAttributes = map[string]attributeRule{
		AttributeDeletionProtection:    flag("false"),
		"access_logs.s3.enabled":       without("false", noAccessLogs),
		"access_logs.s3.bucket":        without("", noAccessLogs),
		"access_logs.s3.prefix":        without("", noAccessLogs),
		"ipv6.deny_all_igw_traffic":    without("false", "there are no internet gateways"),
		"zonal_shift.config.enabled":   without("false", "zones are not shifted"),
		"health_check_logs.s3.enabled": without("false", "health checks are not logged; see gantry lb inspect"),
		"health_check_logs.s3.bucket":  without("", "health checks are not logged; see gantry lb inspect"),
		"health_check_logs.s3.prefix":  without("", "health checks are not logged; see gantry lb inspect"),
		"load_balancing.cross_zone.enabled": {initial: "true", allowed: []string{"true"},
			fixed: "every ingress instance sends to the targets of all zones"},
	}
	applicationAttributes = map[string]attributeRule{
		"client_keep_alive.seconds":                                without("3600", "connections stay open as long as clients use them"),
		"connection_logs.s3.enabled":                               without("false", "connections are not logged; requests are, see access_logs.s3.enabled"),
		"connection_logs.s3.bucket":                                without("", "connections are not logged"),
		"connection_logs.s3.prefix":                                without("", "connections are not logged"),
		"idle_timeout.timeout_seconds":                             seconds("60", 1, 4000),
		"routing.http.desync_mitigation_mode":                      {initial: "defensive", allowed: []string{"monitor", "defensive", "strictest"}},
		"routing.http.drop_invalid_header_fields.enabled":          flag("false"),
		"routing.http.preserve_host_header.enabled":                flag("false"),
		"routing.http.x_amzn_tls_version_and_cipher_suite.enabled": without("false", "the headers are not added"),
		"routing.http.xff_client_port.enabled":                     flag("false"),
		"routing.http.xff_header_processing.mode":                  oneOf("append", "preserve", "remove"),
		"routing.http2.enabled":                                    flag("true"),
		"waf.fail_open.enabled":                                    without("false", "there is no web application firewall"),
	}
	networkAttributes = map[string]attributeRule{
		"dns_record.client_routing_policy": without("any_availability_zone", "names answer all ingress instances"),
		// It has the same effect either way; Terraform sends it.
		"load_balancing.cross_zone.enabled":      flag("false"),
		"secondary_ips.auto_assigned.per_subnet": without("0", "ingress instances have the addresses that they have"),
	}
)

// The attributes of target groups: of all, those behind application, and those behind network load
// balancers.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
var (
	targetGroupAttributes = map[string]attributeRule{
		AttributeDeregistrationDelay:                                                     seconds(strconv.Itoa(DeregistrationDelay), 0, 3600),
		"stickiness.enabled":                                                             flag("false"),
		"load_balancing.cross_zone.enabled":                                              {initial: "use_load_balancer_configuration", allowed: []string{"use_load_balancer_configuration", "true"}, fixed: "every ingress instance sends to the targets of all zones"},
		"target_group_health.dns_failover.minimum_healthy_targets.count":                 without("1", noFailover),
		"target_group_health.dns_failover.minimum_healthy_targets.percentage":            without("off", noFailover),
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count":      count("1", false),
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": count("off", true),
	}
	httpGroupAttributes = map[string]attributeRule{
		"load_balancing.algorithm.type":               oneOf("round_robin", "least_outstanding_requests", "weighted_random"),
		"load_balancing.algorithm.anomaly_mitigation": oneOf("off", "on"),
		"slow_start.duration_seconds":                 seconds("0", 30, 900, "0"),
		"stickiness.type":                             oneOf("lb_cookie", "app_cookie"),
		"stickiness.app_cookie.cookie_name":           text,
		"stickiness.app_cookie.duration_seconds":      seconds("86400", 1, 604800),
		"stickiness.lb_cookie.duration_seconds":       seconds("86400", 1, 604800),
	}
	networkGroupAttributes = map[string]attributeRule{
		"deregistration_delay.connection_termination.enabled":          flag("false"),
		"preserve_client_ip.enabled":                                   without("false", noClientIP),
		"proxy_protocol_v2.enabled":                                    flag("false"),
		"stickiness.type":                                              oneOf("source_ip"),
		"target_health_state.unhealthy.connection_termination.enabled": flag("true"),
		"target_health_state.unhealthy.draining_interval_seconds":      without("0", "connections of unhealthy targets end at once"),
	}
)

// count is a number of healthy targets, or their percentage, or off.
func count(initial string, percent bool) attributeRule {
	r := attributeRule{initial: initial, allowed: []string{"off"}, least: 1, most: MaxTargets}
	if percent {
		r.most = 100
	}
	return r
}

// The attributes of HTTP and HTTPS listeners, and of TCP listeners.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ListenerAttribute.html
var (
	httpListenerAttributes = map[string]attributeRule{
		"routing.http.response.server.enabled":                                without("true", noHeaders),
		"routing.http.response.access_control_allow_credentials.header_value": without("", noHeaders),
		"routing.http.response.access_control_allow_headers.header_value":     without("", noHeaders),
		"routing.http.response.access_control_allow_methods.header_value":     without("", noHeaders),
		"routing.http.response.access_control_allow_origin.header_value":      without("", noHeaders),
		"routing.http.response.access_control_expose_headers.header_value":    without("", noHeaders),
		"routing.http.response.access_control_max_age.header_value":           without("", noHeaders),
		"routing.http.response.content_security_policy.header_value":          without("", noHeaders),
		"routing.http.response.strict_transport_security.header_value":        without("", noHeaders),
		"routing.http.response.x_content_type_options.header_value":           without("", noHeaders),
		"routing.http.response.x_frame_options.header_value":                  without("", noHeaders),
	}
	tlsHeaderAttributes = map[string]attributeRule{
		"routing.http.request.x_amzn_mtls_clientcert.header_name":               without("X-Amzn-Mtls-Clientcert", noMTLS),
		"routing.http.request.x_amzn_mtls_clientcert_issuer.header_name":        without("X-Amzn-Mtls-Clientcert-Issuer", noMTLS),
		"routing.http.request.x_amzn_mtls_clientcert_leaf.header_name":          without("X-Amzn-Mtls-Clientcert-Leaf", noMTLS),
		"routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name": without("X-Amzn-Mtls-Clientcert-Serial-Number", noMTLS),
		"routing.http.request.x_amzn_mtls_clientcert_subject.header_name":       without("X-Amzn-Mtls-Clientcert-Subject", noMTLS),
		"routing.http.request.x_amzn_mtls_clientcert_validity.header_name":      without("X-Amzn-Mtls-Clientcert-Validity", noMTLS),
		"routing.http.request.x_amzn_tls_cipher_suite.header_name":              without("X-Amzn-Tls-Cipher-Suite", "the header is not added"),
		"routing.http.request.x_amzn_tls_version.header_name":                   without("X-Amzn-Tls-Version", "the header is not added"),
	}
	tcpListenerAttributes = map[string]attributeRule{"tcp.idle_timeout.seconds": seconds("350", 60, 6000)}
	// quicAttributes are Gantry's own, of HTTPS listeners.
	quicAttributes = map[string]attributeRule{AttributeHTTP3: flag("false")}
	// proxyAttributes are Gantry's own, of all listeners but those of UDP.
	proxyAttributes = map[string]attributeRule{AttributeProxyProtocolIn: flag("false")}
)

// Why attributes have no effect.
const (
	noAccessLogs = "requests are not logged to a bucket; start the agents with --access-log"
	noClientIP   = "targets see the address of the ingress instance; use proxy_protocol_v2.enabled"
	noFailover   = "names answer all ingress instances"
	noHeaders    = "answers of targets are passed on as they are; set the headers there"
	noMTLS       = "clients are not asked for certificates"
)
