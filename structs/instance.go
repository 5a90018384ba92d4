package structs

import "time"

// AgentLease is how long an agent counts as connected after a beat. Without another beat in that
// time the instance is lost, and its tasks are replaced.
const AgentLease = 3 * time.Second

// FencedLease is the lease of an instance whose agent kills its tasks before the lease ends. It is
// longer than AgentLease because the agent counts only beats that the leader is known to have
// received, and electing a new leader may take a moment.
const FencedLease = 4 * time.Second

// The states of a container instance.
const (
	InstanceActive   = "ACTIVE"
	InstanceDraining = "DRAINING"
	InstanceInactive = "INACTIVE"
)

// AttributeTaskENI is the attribute of instances on which awsvpc tasks can be placed (ECS's name
// for it).
const AttributeTaskENI = "ecs.capability.task-eni"

// AttributeAnyArchitecture is the attribute of instances that run tasks whose definition names
// another architecture than theirs, too.
const AttributeAnyArchitecture = "gantry.any-architecture"

// AttributeZone is the attribute that holds an instance's availability zone (ECS's name for it).
const AttributeZone = "ecs.availability-zone"

// ContainerInstance is a machine with an agent and a Docker Engine. What its tasks use is derived
// (Usage), not stored.
type ContainerInstance struct {
	// 32 hex digits, minted at the first registration and kept by the agent
	ID      string `json:"id"`
	Cluster string `json:"cluster"`
	Zone    string `json:"zone"`
	Name    string `json:"name"` // host name, for people; or an EC2 instance id (EC2ID)
	// Address is the IP address at which others reach the machine, and so the ports of its tasks.
	// It is empty if an older agent registered the instance.
	Address string `json:"address,omitzero"`
	Status  string `json:"status"`
	// CapacityProvider is the provider that the instance belongs to, as its agent reports; empty if
	// none.
	CapacityProvider string `json:"capacityProvider,omitzero"`
	// AgentConnected reports whether a server holds the agent's stream.
	AgentConnected bool `json:"agentConnected"`
	// ConnectionChangedAt is when AgentConnected last changed; zero if it never did.
	ConnectionChangedAt Time `json:"connectionChangedAt,omitzero"`
	// Losses counts the losses of the agent in a row, with no long connection in between.
	Losses int `json:"losses,omitzero"`
	// HeldUntil is set for an instance that was lost repeatedly: it takes no new tasks until the
	// leader releases it at that time. Zero means that it is not held back.
	HeldUntil Time `json:"heldUntil,omitzero"`
	// Runtime is the health of its container engine.
	Runtime RuntimeHealth `json:"runtime,omitzero"`
	// Fenced means that its agent kills all tasks when the lease ends (--stop-on-disconnect).
	Fenced bool `json:"fenced,omitzero"`
	// its Ports are reserved and never given to tasks
	Registered Resources `json:"registered"`
	// reported by the agent; renewed with each registration
	Attributes []Attribute `json:"attributes,omitzero"`
	// GPUs are the ids of its GPUs, in the order in which tasks get them.
	GPUs []string `json:"gpus,omitzero"`
	// Ingress means that its agent opens the listeners of load balancers.
	Ingress bool `json:"ingress,omitzero"`
	// Network is about its awsvpc tasks. The servers choose the Block.
	Network InstanceNetwork `json:"network,omitzero"`
	// Custom are the attributes that users set (PutAttributes). They survive a registration.
	Custom       []Attribute `json:"customAttributes,omitzero"`
	VersionInfo  VersionInfo `json:"versionInfo"`
	RegisteredAt Time        `json:"registeredAt"`
	// DeregisteredAt is when it became INACTIVE; zero for other statuses.
	DeregisteredAt Time  `json:"deregisteredAt,omitzero"`
	Version        int64 `json:"version"` // grows by one with every change
}

// Lease returns how long the instance counts as connected after a beat of its agent.
func (i *ContainerInstance) Lease() time.Duration {
	if i.Fenced {
		return FencedLease
	}
	return AgentLease
}

// Attribute returns the value of the named attribute and whether the instance has it.
func (i *ContainerInstance) Attribute(name string) (value string, ok bool) {
	for _, list := range [][]Attribute{i.Attributes, i.Custom} {
		for _, a := range list {
			if a.Name == name {
				return a.Value, true
			}
		}
	}
	return "", false
}

// RegisterInstance adds a container instance, or updates it when its agent starts again. The
// cluster is created if it does not exist. Tags are set only at the first registration.
type RegisterInstance struct {
	Instance ContainerInstance
	Tags     []Tag
	// TaskNetwork is the range out of which the instance gets its block of addresses. It is zero in
	// the commands of older servers: the instance gets none.
	TaskNetwork TaskNetwork `cbor:",omitzero"`
}

// CommandType implements Command.
func (RegisterInstance) CommandType() CommandType { return CmdRegisterInstance }

// SetAgentConnected records which agents' streams servers hold. An instance that is lost repeatedly
// is held back when it returns.
type SetAgentConnected struct {
	Instances []string
	Connected bool
	At        Time
}

// CommandType implements Command.
func (SetAgentConnected) CommandType() CommandType { return CmdSetAgentConnected }

// SetInstanceStatus moves instances to ACTIVE or DRAINING, or, for deregistering, INACTIVE. An
// INACTIVE instance stays INACTIVE until it registers again. Deregistering stops its tasks: if its
// agent is connected they are asked to stop; otherwise nobody is left to report on them, so they
// are STOPPED at once.
type SetInstanceStatus struct {
	Instances []string
	Status    string
	At        Time
}

// CommandType implements Command.
func (SetInstanceStatus) CommandType() CommandType { return CmdSetInstanceStatus }
