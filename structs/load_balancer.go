package structs

// The types of load balancers (elbv2).
const (
	LoadBalancerApplication = "application" // HTTP and HTTPS
	LoadBalancerNetwork     = "network"     // TCP, UDP and TLS
)

// LoadBalancer is a load balancer, as the API of Elastic Load Balancing (elbv2) has them. Every
// ingress instance opens its listeners. It belongs to no cluster.
type LoadBalancer struct {
	ID     string `json:"id" cbor:"1,keyasint"`     // 16 hex digits, the last part of its ARN
	Name   string `json:"name" cbor:"2,keyasint"`   // unique
	Type   string `json:"type" cbor:"3,keyasint"`   // application or network
	Scheme string `json:"scheme" cbor:"4,keyasint"` // internet-facing or internal; it has no effect
	// ipv4 or dualstack
	IPAddressType  string   `json:"ipAddressType,omitzero" cbor:"5,keyasint,omitzero"`
	Subnets        []string `json:"subnets,omitzero" cbor:"6,keyasint,omitzero"`
	SecurityGroups []string `json:"securityGroups,omitzero" cbor:"7,keyasint,omitzero"`
	// Attributes are those that differ from elbv2's defaults, in the order of their keys.
	Attributes []TrafficAttribute `json:"attributes,omitzero" cbor:"8,keyasint,omitzero"`
	CreatedAt  Time               `json:"createdAt" cbor:"9,keyasint"`
	// Owner is what Gantry itself made the load balancer for, such as "gateway/NAME"; empty for one
	// that a user made.
	Owner string `json:"owner,omitzero" cbor:"10,keyasint,omitzero"`
	// Version increases by one with every change.
	Version int64 `json:"version,omitzero" cbor:"11,keyasint,omitzero"`
}

// TrafficAttribute is one attribute of a load balancer, listener or target group (elbv2).
type TrafficAttribute struct {
	Key   string `json:"key" cbor:"1,keyasint"`
	Value string `json:"value" cbor:"2,keyasint"`
}

// AttributeOf returns the value of an attribute, or "" if the list does not have it.
func AttributeOf(list []TrafficAttribute, key string) string {
	for _, a := range list {
		if a.Key == key {
			return a.Value
		}
	}
	return ""
}

// The protocols of listeners and target groups (elbv2).
const (
	ProtocolHTTP   = "HTTP"
	ProtocolHTTPS  = "HTTPS"
	ProtocolTCP    = "TCP"
	ProtocolTLS    = "TLS"
	ProtocolUDP    = "UDP"
	ProtocolTCPUDP = "TCP_UDP"
)

// Listener is a port on which a load balancer takes connections.
type Listener struct {
	ID           string `json:"id" cbor:"1,keyasint"`           // 16 hex digits
	LoadBalancer string `json:"loadBalancer" cbor:"2,keyasint"` // LoadBalancer.ID
	Protocol     string `json:"protocol" cbor:"3,keyasint"`
	Port         int32  `json:"port" cbor:"4,keyasint"`
	// Certificates are ARNs; the first is for clients that name no host, or an unknown one. An
	// HTTPS listener with none uses those of CertificateAuthority (ACME, or gantry dev's own).
	Certificates []string `json:"certificates,omitzero" cbor:"5,keyasint,omitzero"`
	SSLPolicy    string   `json:"sslPolicy,omitzero" cbor:"6,keyasint,omitzero"`
	// ALPN is the ALPN policy of a TLS listener, such as HTTP2Preferred.
	ALPN       []string           `json:"alpnPolicy,omitzero" cbor:"7,keyasint,omitzero"`
	Attributes []TrafficAttribute `json:"attributes,omitzero" cbor:"8,keyasint,omitzero"`
	// DefaultActions are those of the default rule, whose id is DefaultRule.
	DefaultActions []RuleAction `json:"defaultActions" cbor:"9,keyasint"`
	DefaultRule    string       `json:"defaultRule" cbor:"10,keyasint"` // 16 hex digits
	CreatedAt      Time         `json:"createdAt" cbor:"11,keyasint"`
	Version        int64        `json:"version,omitzero" cbor:"12,keyasint,omitzero"` // as LoadBalancer.Version
}

// ListenerRule chooses what happens to requests that meet all its conditions. Rules are tried in
// the order of their priority; the first that matches decides, and the default actions of the
// listener otherwise.
type ListenerRule struct {
	ID         string          `json:"id" cbor:"1,keyasint"`       // 16 hex digits
	Listener   string          `json:"listener" cbor:"2,keyasint"` // Listener.ID
	Priority   int             `json:"priority" cbor:"3,keyasint"` // from 1 to 50000, unique in the listener
	Conditions []RuleCondition `json:"conditions" cbor:"4,keyasint"`
	Actions    []RuleAction    `json:"actions" cbor:"5,keyasint"`
	CreatedAt  Time            `json:"createdAt" cbor:"6,keyasint"`
	Version    int64           `json:"version,omitzero" cbor:"7,keyasint,omitzero"` // as LoadBalancer.Version
	Owner      string          `json:"owner,omitzero" cbor:"20,keyasint,omitzero"`  // as LoadBalancer.Owner
}

// The fields of rule conditions (elbv2).
const (
	FieldHostHeader    = "host-header"
	FieldPathPattern   = "path-pattern"
	FieldHTTPHeader    = "http-header"
	FieldRequestMethod = "http-request-method"
	FieldQueryString   = "query-string"
	FieldSourceIP      = "source-ip"
)

// RuleCondition is one condition of a rule. It is met if any of its values matches.
type RuleCondition struct {
	Field  string   `json:"field" cbor:"1,keyasint"`
	Values []string `json:"values,omitzero" cbor:"2,keyasint,omitzero"`
	// Regex are the values that are regular expressions.
	Regex  []string    `json:"regexValues,omitzero" cbor:"3,keyasint,omitzero"`
	Header string      `json:"httpHeaderName,omitzero" cbor:"4,keyasint,omitzero"`
	Query  []QueryPair `json:"queryString,omitzero" cbor:"5,keyasint,omitzero"`
}

// QueryPair is a parameter of a query string that matches; without a key any parameter with that
// value does.
type QueryPair struct {
	Key   string `json:"key,omitzero" cbor:"1,keyasint,omitzero"`
	Value string `json:"value" cbor:"2,keyasint"`
}

// The types of rule actions (elbv2).
const (
	ActionForward       = "forward"
	ActionRedirect      = "redirect"
	ActionFixedResponse = "fixed-response"
)

// RuleAction is what happens to a request. Exactly the part that its Type names is set.
type RuleAction struct {
	Type     string         `json:"type" cbor:"1,keyasint"`
	Order    int32          `json:"order,omitzero" cbor:"2,keyasint,omitzero"`
	Forward  *ForwardAction `json:"forward,omitzero" cbor:"3,keyasint,omitzero"`
	Redirect *Redirect      `json:"redirect,omitzero" cbor:"4,keyasint,omitzero"`
	Fixed    *FixedResponse `json:"fixedResponse,omitzero" cbor:"5,keyasint,omitzero"`
}

// ForwardAction sends requests to target groups, by weight.
type ForwardAction struct {
	Groups []WeightedGroup `json:"targetGroups" cbor:"1,keyasint"`
	// Stickiness is for how many seconds a client stays with a target group; zero: not at all.
	Stickiness int32 `json:"stickinessSeconds,omitzero" cbor:"2,keyasint,omitzero"`
}

// WeightedGroup is one target group of a forward action.
type WeightedGroup struct {
	TargetGroup string  `json:"targetGroup" cbor:"1,keyasint"` // TargetGroup.ID
	Weight      float64 `json:"weight" cbor:"2,keyasint"`      // from 0 to 999, relative to the others
}

// Redirect is a redirect action. The parts are as in elbv2, with #{host}, #{path}, #{port},
// #{protocol} and #{query} for those of the request.
type Redirect struct {
	Protocol string `json:"protocol" cbor:"1,keyasint"`
	Host     string `json:"host" cbor:"2,keyasint"`
	Port     string `json:"port" cbor:"3,keyasint"`
	Path     string `json:"path" cbor:"4,keyasint"`
	Query    string `json:"query" cbor:"5,keyasint"`
	Status   int    `json:"status" cbor:"6,keyasint"` // 301 or 302
}

// FixedResponse is an answer that the balancer gives by itself.
type FixedResponse struct {
	Status      int    `json:"status" cbor:"1,keyasint"`
	ContentType string `json:"contentType,omitzero" cbor:"2,keyasint,omitzero"`
	Body        string `json:"body,omitzero" cbor:"3,keyasint,omitzero"`
}
