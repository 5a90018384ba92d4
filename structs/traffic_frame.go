package structs

// TrafficFrame is one message of an agent's stream of traffic: who receives traffic, and by which
// names. The first one is Full: what it does not have does not exist. Later ones have only what
// changed; each item replaces the one with the same id. An empty frame shows that the stream is
// alive.
type TrafficFrame struct {
	Full      bool              `json:"full,omitzero"`
	Index     uint64            `json:"index,omitzero"` // raft index of the state it was read from
	Groups    []TrafficGroup    `json:"groups,omitzero"`
	Listeners []TrafficListener `json:"listeners,omitzero"` // for ingress instances only
	Names     []TrafficName     `json:"names,omitzero"`
	// Certificates are for ingress instances only.
	Certificates []TrafficCertificate `json:"certificates,omitzero"`
	// what is gone: TrafficGroup.ID, TrafficListener.Listener.ID, TrafficName.Name, and
	// TrafficCertificate.ARN
	GoneGroups       []string `json:"goneGroups,omitzero"`
	GoneListeners    []string `json:"goneListeners,omitzero"`
	GoneNames        []string `json:"goneNames,omitzero"`
	GoneCertificates []string `json:"goneCertificates,omitzero"`
}

// Empty reports whether the frame changes nothing.
func (f *TrafficFrame) Empty() bool {
	for _, n := range []int{
		len(f.Groups), len(f.Listeners), len(f.Names), len(f.Certificates),
		len(f.GoneGroups), len(f.GoneListeners), len(f.GoneNames), len(f.GoneCertificates),
	} {
		if n > 0 {
			return false
		}
	}
	return !f.Full
}

// TrafficListener is a listener with everything that an ingress instance needs to serve it.
type TrafficListener struct {
	Listener     Listener     `json:"listener"`
	LoadBalancer LoadBalancer `json:"loadBalancer"`
	// Rules are in the order of their priority. Their weights, and those of the default actions,
	// are what deployments that shift traffic make of them.
	Rules []ListenerRule `json:"rules,omitzero"`
}

// TrafficGroup is a target group and its targets. Groups that Gantry makes for Service Connect have
// ids of the form connect/NAMESPACE/NAME.
type TrafficGroup struct {
	ID      string          `json:"id"`
	Group   TargetGroup     `json:"group"`
	Targets []TrafficTarget `json:"targets,omitzero"`
	// Connect is set for a group of Service Connect.
	Connect *TrafficConnect `json:"connect,omitzero"`
}

// TrafficConnect is how containers reach a group of Service Connect.
type TrafficConnect struct {
	Aliases []ConnectAlias `json:"aliases"` // in lower case, with DNSName
	// IdleTimeout is in seconds; nil: ECS's default, zero: none.
	IdleTimeout *int32 `json:"idleTimeoutSeconds,omitzero"`
}

// TrafficTarget is one target, in the order of address and port in its group.
type TrafficTarget struct {
	Address  string `json:"address"`
	Port     int32  `json:"port"`
	Zone     string `json:"zone,omitzero"`
	Task     string `json:"task,omitzero"`     // Task.ID; empty for a target that a user registered
	Instance string `json:"instance,omitzero"` // ContainerInstance.ID, of a task
	// Target is the id that a user registered; empty for a task.
	Target string `json:"target,omitzero"`
	// State is initial, healthy, unhealthy or draining. New requests go to healthy targets only, or
	// to all but draining ones if none is healthy (elbv2 calls this fail open).
	State string `json:"state"`
	// Weight is its share beside the others of the group; zero gets no new requests.
	Weight float64 `json:"weight"`
	// DrainUntil is when a draining target's open requests are cut.
	DrainUntil Time `json:"drainUntil,omitzero"`
	// Check means that this agent checks the target's health and reports it.
	Check bool `json:"check,omitzero"`
}

// TrafficName is a name of the cluster's DNS, without the final dot, and who has it.
type TrafficName struct {
	Name      string        `json:"name"` // in lower case, such as web.default.gantry
	TTL       uint32        `json:"ttl"`  // seconds
	Addresses []NameAddress `json:"addresses,omitzero"`
	// CNAME is another name that it stands for; empty if it has addresses.
	CNAME string `json:"cname,omitzero"`
	// Zone means that no name below it exists but those that are sent, so that nobody else is asked
	// about them. "gantry" always is one.
	Zone bool `json:"zone,omitzero"`
}

// NameAddress is one holder of a name.
type NameAddress struct {
	Address string `json:"address"`
	Port    int32  `json:"port,omitzero"` // for SRV; zero: it has none
	Task    string `json:"task,omitzero"` // Task.ID, the first label of the target of an SRV record
}

// TrafficCertificate is a certificate with its key, for a listener that names its ARN.
type TrafficCertificate struct {
	ARN   string   `json:"arn"`
	Names []string `json:"names"` // host names, with wildcards
	Chain string   `json:"chain"` // PEM, the certificate first
	Key   string   `json:"key"`   // PEM
}

// TargetReport is what an ingress instance saw of a target that it checks, when that changes.
type TargetReport struct {
	TargetGroup string `json:"targetGroup" cbor:"1,keyasint"`
	Address     string `json:"address" cbor:"2,keyasint"`
	Port        int32  `json:"port" cbor:"3,keyasint"`
	Task        string `json:"task,omitzero" cbor:"4,keyasint,omitzero"`
	Target      string `json:"target,omitzero" cbor:"5,keyasint,omitzero"`
	State       string `json:"state" cbor:"6,keyasint"`
	Reason      string `json:"reason,omitzero" cbor:"7,keyasint,omitzero"`
	Description string `json:"description,omitzero" cbor:"8,keyasint,omitzero"`
}

// DrainReport tells the leader which draining targets an ingress instance still has open requests
// on. Every target that is draining in the frame of Index and is not in Open is done here.
type DrainReport struct {
	Index uint64   `json:"index"`         // the newest TrafficFrame.Index in force
	Open  []string `json:"open,omitzero"` // Task.ID, or TARGETGROUP/TARGET:PORT of a user's target
}
