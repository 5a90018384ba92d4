package structs

import (
	"fmt"
	"time"
)

// The states of a part of a container instance (ECS, InstanceHealthCheckState), the worst first.
const (
	HealthImpaired         = "IMPAIRED"
	HealthInsufficientData = "INSUFFICIENT_DATA"
	HealthInitializing     = "INITIALIZING"
	HealthOK               = "OK"
)

// RuntimeHealth is how the container engine of an instance does, as its agent reports it. The zero
// value is that of an agent that does not report it.
type RuntimeHealth struct {
	Status    string `json:"status"`             // HealthOK or HealthImpaired
	Reason    string `json:"reason,omitzero"`    // why it is IMPAIRED, in words
	UpdatedAt Time   `json:"updatedAt,omitzero"` // when it was reported last
	ChangedAt Time   `json:"changedAt,omitzero"` // when Status changed last
}

// at gives the health as reported at a time, after what it was before.
func (h RuntimeHealth) at(at Time, before RuntimeHealth) RuntimeHealth {
	if h.Status == "" {
		return RuntimeHealth{}
	}
	h.UpdatedAt, h.ChangedAt = at, at
	if h.Status == before.Status {
		h.ChangedAt = before.ChangedAt
	}
	return h
}

// SetRuntime takes in a report on the engine. That it is IMPAIRED keeps nothing that runs from
// running.
func (i *ContainerInstance) SetRuntime(h RuntimeHealth, at Time) { i.Runtime = h.at(at, i.Runtime) }

// Impaired reports whether the agent says that its container engine does not answer.
func (i *ContainerInstance) Impaired() bool { return i.Runtime.Status == HealthImpaired }

// TakesTasks reports whether new tasks may go to the instance, as far as its own state goes.
func (i *ContainerInstance) TakesTasks() bool {
	return i.Status == InstanceActive && i.CanStart()
}

// CanStart reports whether the instance's agent is heard of, has an engine that answers, and is not
// held back.
func (i *ContainerInstance) CanStart() bool {
	return i.AgentConnected && !i.Impaired() && i.HeldUntil == 0
}

// Trouble says in words what keeps the instance from starting tasks; empty when nothing does.
func (i *ContainerInstance) Trouble() string {
	switch {
	case !i.AgentConnected:
		return "no server hears the agent"
	case i.Impaired():
		return "the container engine is IMPAIRED: " + i.Runtime.Reason
	case i.HeldUntil != 0:
		return fmt.Sprintf("the instance was lost %d times in a row and takes no work until %s", i.Losses, i.HeldUntil.Std().UTC().Format(time.RFC3339))
	}
	return ""
}

const (
	// firstHold is how long an instance that is back after its second loss in a row waits before it
	// takes work. Each further one doubles that, up to mostHold. A single loss has no wait: most
	// machines that come back stay.
	firstHold = 10 * time.Second
	mostHold  = 5 * time.Minute
	// steadyAfter is how long an instance must have been connected for its earlier losses to be
	// forgotten.
	steadyAfter = 10 * time.Minute
)

// Damp notes that the agent was lost or is back. An instance that is lost again and again is held
// back for longer each time. While it is not ACTIVE it is taken out of service on purpose, and its
// losses do not count.
func (i *ContainerInstance) Damp(at Time) {
	connected := i.AgentConnected
	upFor := time.Duration(at-i.ConnectionChangedAt) * time.Millisecond
	i.ConnectionChangedAt, i.HeldUntil = at, 0
	switch {
	case !connected && i.Status == InstanceActive:
		if upFor >= steadyAfter {
			i.Losses = 0
		}
		i.Losses++
	case connected && i.Status == InstanceActive && i.Losses > 1:
		i.HeldUntil = at + Time(hold(i.Losses).Milliseconds())
	}
}

// hold is how long an instance waits that is back after so many losses in a row, two or more.
func hold(losses int) time.Duration {
	const doublings = 5 // from firstHold to mostHold, rounded up
	return min(mostHold, firstHold<<min(losses-2, doublings))
}

// SetRuntimeHealth records what an agent says of its container engine: the Status and Reason of
// Health. Fails where the instance is not registered.
type SetRuntimeHealth struct {
	Instance string
	Health   RuntimeHealth
	At       Time
}

// CommandType implements Command.
func (SetRuntimeHealth) CommandType() CommandType { return CmdSetRuntimeHealth }

// ReleaseInstances lets instances take work that were held back for being lost again and again. One
// whose HeldUntil is later than At stays held back: it was lost once more meanwhile.
type ReleaseInstances struct {
	Instances []string
	At        Time
}

// CommandType implements Command.
func (ReleaseInstances) CommandType() CommandType { return CmdReleaseInstances }
