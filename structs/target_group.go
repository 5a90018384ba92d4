package structs

// The types of targets (elbv2).
const (
	TargetTypeInstance = "instance" // a port of a container instance
	TargetTypeIP       = "ip"       // an address: of an awsvpc task, or outside the cluster
)

// TargetGroup is a set of targets that do the same work, and how their health is checked.
type TargetGroup struct {
	ID   string `json:"id" cbor:"1,keyasint"`   // 16 hex digits, the last part of its ARN
	Name string `json:"name" cbor:"2,keyasint"` // unique
	// Protocol is how targets are spoken to: HTTP, HTTPS, TCP, TLS, UDP or TCP_UDP.
	Protocol string `json:"protocol" cbor:"3,keyasint"`
	// ProtocolVersion is HTTP1, HTTP2 (without TLS for HTTP: h2c) or GRPC; for HTTP and HTTPS only.
	ProtocolVersion string             `json:"protocolVersion,omitzero" cbor:"4,keyasint,omitzero"`
	Port            int32              `json:"port" cbor:"5,keyasint"`
	TargetType      string             `json:"targetType" cbor:"6,keyasint"`
	IPAddressType   string             `json:"ipAddressType,omitzero" cbor:"7,keyasint,omitzero"`
	VPC             string             `json:"vpcId,omitzero" cbor:"8,keyasint,omitzero"`
	Check           TargetCheck        `json:"healthCheck" cbor:"9,keyasint"`
	Attributes      []TrafficAttribute `json:"attributes,omitzero" cbor:"10,keyasint,omitzero"`
	CreatedAt       Time               `json:"createdAt" cbor:"11,keyasint"`
	Owner           string             `json:"owner,omitzero" cbor:"12,keyasint,omitzero"`   // as LoadBalancer.Owner
	Version         int64              `json:"version,omitzero" cbor:"13,keyasint,omitzero"` // as LoadBalancer.Version
}

// DeregistrationDelay is the default of the target groups' attribute
// deregistration_delay.timeout_seconds, in seconds (elbv2).
const DeregistrationDelay = 300

// TargetCheck is how the health of a target group's targets is checked (elbv2).
type TargetCheck struct {
	Enabled  bool   `json:"enabled" cbor:"1,keyasint"`
	Protocol string `json:"protocol" cbor:"2,keyasint"` // HTTP, HTTPS or TCP
	Port     string `json:"port" cbor:"3,keyasint"`     // traffic-port, or a number
	Path     string `json:"path,omitzero" cbor:"4,keyasint,omitzero"`
	Interval int32  `json:"intervalSeconds" cbor:"5,keyasint"`
	Timeout  int32  `json:"timeoutSeconds" cbor:"6,keyasint"`
	// Healthy and Unhealthy are how many checks in a row pass or fail until the state changes. The
	// first check of a new target that passes makes it healthy (elbv2).
	Healthy   int32 `json:"healthyThreshold" cbor:"7,keyasint"`
	Unhealthy int32 `json:"unhealthyThreshold" cbor:"8,keyasint"`
	// Matcher are the status codes that pass, such as 200-299,301; gRPC codes for GRPC.
	Matcher string `json:"matcher,omitzero" cbor:"9,keyasint,omitzero"`
}

// The states of targets (elbv2).
const (
	TargetInitial     = "initial"
	TargetHealthy     = "healthy"
	TargetUnhealthy   = "unhealthy"
	TargetDraining    = "draining"
	TargetUnused      = "unused"
	TargetUnavailable = "unavailable" // its checks are switched off
)

// The reasons of states that targets have before anyone has checked them, or without that (elbv2).
const (
	ReasonRegistering   = "Elb.RegistrationInProgress"
	ReasonDeregistering = "Target.DeregistrationInProgress"
	ReasonNotRegistered = "Target.NotRegistered"
	ReasonNotInUse      = "Target.NotInUse"
)

// TargetHealth is the state of one target, as the ingress instances that check it agree on.
type TargetHealth struct {
	State string `json:"state" cbor:"1,keyasint"` // initial, healthy or unhealthy
	// Reason and Description are those of elbv2, such as Target.ResponseCodeMismatch and "Health
	// checks failed with these codes: [502]".
	Reason      string `json:"reason,omitzero" cbor:"2,keyasint,omitzero"`
	Description string `json:"description,omitzero" cbor:"3,keyasint,omitzero"`
	Since       Time   `json:"since" cbor:"4,keyasint"`
	// Seen is what each instance that checks the target saw last, in the order of their ids.
	Seen []TargetSeen `json:"seen,omitzero" cbor:"5,keyasint,omitzero"`
}

// TargetSeen is how one ingress instance saw a target.
type TargetSeen struct {
	Instance    string `json:"instance" cbor:"1,keyasint"` // ContainerInstance.ID
	State       string `json:"state" cbor:"2,keyasint"`
	Reason      string `json:"reason,omitzero" cbor:"3,keyasint,omitzero"`
	Description string `json:"description,omitzero" cbor:"4,keyasint,omitzero"`
	At          Time   `json:"at" cbor:"5,keyasint"`
}

// Target is a target that a user registered (RegisterTargets). Those of services' tasks are not
// rows: they are TaskTargets.
type Target struct {
	TargetGroup string `json:"targetGroup" cbor:"1,keyasint"` // TargetGroup.ID
	// Target is an IP address or the id of a container instance in EC2's form (EC2ID).
	Target       string       `json:"target" cbor:"2,keyasint"`
	Port         int32        `json:"port" cbor:"3,keyasint"`
	Zone         string       `json:"zone,omitzero" cbor:"4,keyasint,omitzero"`
	Health       TargetHealth `json:"health" cbor:"5,keyasint"`
	RegisteredAt Time         `json:"registeredAt" cbor:"6,keyasint"`
	// DrainUntil is set when it was deregistered; then the row goes.
	DrainUntil Time `json:"drainUntil,omitzero" cbor:"7,keyasint,omitzero"`
}

// TaskTarget is a task as a target of one target group. fsm adds it when the task's ports and
// address are known.
type TaskTarget struct {
	TargetGroup   string `json:"targetGroup" cbor:"1,keyasint"` // TargetGroup.ID
	Container     string `json:"container" cbor:"2,keyasint"`
	ContainerPort int32  `json:"containerPort" cbor:"3,keyasint"`
	// Port is where it is reached, at Task.Address or else at the address of its instance.
	Port   int32        `json:"port" cbor:"4,keyasint"`
	Health TargetHealth `json:"health" cbor:"5,keyasint"`
}
