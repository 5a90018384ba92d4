package structs

import "time"

// AgentLease is how long an agent counts as there after a beat. Without another one its instance is
// then lost, and its tasks are replaced.
const AgentLease = 3 * time.Second

// FencedLease is the AgentLease of an instance whose agent kills its tasks before the end of it. It
// is longer, as the agent counts only the beats of which it knows that the leader heard, and a new
// leader may take a moment to come.
const FencedLease = 4 * time.Second

// The states of a container instance.
const (
	InstanceActive   = "ACTIVE"
	InstanceDraining = "DRAINING"
	InstanceInactive = "INACTIVE"
)

// AttributeZone is the attribute that holds an instance's availability zone (ECS's name for it).
const AttributeZone = "ecs.availability-zone"

// ContainerInstance is a machine with an agent and a Docker Engine. What its tasks use is derived
// (Usage), not stored.
type ContainerInstance struct {
	// 32 hex digits, minted at the first registration and kept by the agent
	ID      string `json:"id"`
	Cluster string `json:"cluster"`
	Zone    string `json:"zone"`
	Name    string `json:"name"` // host name, for people
	Status  string `json:"status"`
	// CapacityProvider is the provider that the instance belongs to, as its agent says; empty:
	// none.
	CapacityProvider string `json:"capacityProvider,omitzero"`
	// AgentConnected: a server holds the agent's stream.
	AgentConnected bool `json:"agentConnected"`
	// ConnectionChangedAt is when AgentConnected changed last; zero: it never did.
	ConnectionChangedAt Time `json:"connectionChangedAt,omitzero"`
	// Losses is how often in a row the agent was lost without being connected for long in between.
	Losses int `json:"losses,omitzero"`
	// HeldUntil: lost again and again, it takes no new tasks until the leader releases it, at that
	// time. Zero: it is not held back.
	HeldUntil Time `json:"heldUntil,omitzero"`
	// Runtime is how its container engine does.
	Runtime RuntimeHealth `json:"runtime,omitzero"`
	// Fenced: its agent kills all tasks when its lease ends (--stop-on-disconnect).
	Fenced bool `json:"fenced,omitzero"`
	// Ports are the reserved ones, never given to tasks
	Registered Resources `json:"registered"`
	// what the agent says of itself; renewed with each registration
	Attributes []Attribute `json:"attributes,omitzero"`
	// GPUs are the ids of its GPUs, in the order in which tasks get them.
	GPUs []string `json:"gpus,omitzero"`
	// Custom attributes are those that users put (PutAttributes); they survive a registration.
	Custom       []Attribute `json:"customAttributes,omitzero"`
	VersionInfo  VersionInfo `json:"versionInfo"`
	RegisteredAt Time        `json:"registeredAt"`
	// DeregisteredAt is when it became INACTIVE; zero while it is not.
	DeregisteredAt Time  `json:"deregisteredAt,omitzero"`
	Version        int64 `json:"version"` // grows by one with every change
}

// Lease is how long the instance counts as there after a beat of its agent.
func (i *ContainerInstance) Lease() time.Duration {
	if i.Fenced {
		return FencedLease
	}
	return AgentLease
}

// Attribute gives the value of the named attribute and whether the instance has it.
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

// RegisterInstance adds a container instance or renews it (an agent that starts again). The cluster
// is made if it is not there. Tags are set at the first registration.
type RegisterInstance struct {
	Instance ContainerInstance
	Tags     []Tag
}

// CommandType implements Command.
func (RegisterInstance) CommandType() CommandType { return CmdRegisterInstance }

// SetAgentConnected says whether servers hold the streams of these agents.
type SetAgentConnected struct {
	Instances []string
	Connected bool
	At        Time
}

// CommandType implements Command.
func (SetAgentConnected) CommandType() CommandType { return CmdSetAgentConnected }

// SetInstanceStatus moves instances to ACTIVE or DRAINING, or, for deregistering, INACTIVE. One
// that is INACTIVE stays so until it registers again. Deregistering stops what runs there: tasks of
// a connected agent are asked to stop, and those that nobody is left to report on are STOPPED at
// once.
type SetInstanceStatus struct {
	Instances []string
	Status    string
	At        Time
}

// CommandType implements Command.
func (SetInstanceStatus) CommandType() CommandType { return CmdSetInstanceStatus }
