package structs

import (
	"fmt"
	"time"
)

// The health of a part of a container instance (ECS, InstanceHealthCheckState), worst first.
const (
	HealthImpaired         = "IMPAIRED"
	HealthInsufficientData = "INSUFFICIENT_DATA"
	HealthInitializing     = "INITIALIZING"
	HealthOK               = "OK"
)

// RuntimeHealth is the health of an instance's container engine as its agent reports it. It is zero
// for agents that do not report it.
type RuntimeHealth struct {
	Status    string `json:"status"`             // HealthOK or HealthImpaired
	Reason    string `json:"reason,omitzero"`    // why it is IMPAIRED, in words
	UpdatedAt Time   `json:"updatedAt,omitzero"` // when it was reported last
	ChangedAt Time   `json:"changedAt,omitzero"` // when Status changed last
}

// at returns the health reported at a time, given the previous health.
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

// SetRuntime records a report on the engine. An IMPAIRED engine does not affect running tasks.
func (i *ContainerInstance) SetRuntime(h RuntimeHealth, at Time) { i.Runtime = h.at(at, i.Runtime) }

// Impaired reports whether, according to the agent, its container engine does not answer.
func (i *ContainerInstance) Impaired() bool { return i.Runtime.Status == HealthImpaired }

// TakesTasks reports whether the instance's own state allows new tasks on it.
func (i *ContainerInstance) TakesTasks() bool {
	return i.Status == InstanceActive && i.CanStart()
}

// CanStart reports whether the instance's agent is connected, its engine answers, and it is not
// held back.
func (i *ContainerInstance) CanStart() bool {
	return i.AgentConnected && !i.Impaired() && i.HeldUntil == 0
}

// Trouble explains why the instance cannot start tasks; empty if it can.
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
	// firstHold is how long an instance waits before it takes work again after its second loss in a
	// row. Each further loss doubles the wait, up to mostHold. There is no wait after a single
	// loss: most machines that come back stay.
	firstHold = 10 * time.Second
	mostHold  = 5 * time.Minute
	// steadyAfter is how long an instance must stay connected for its earlier losses to be
	// forgotten.
	steadyAfter = 10 * time.Minute
)

// Damp records that the agent was lost or is back. An instance that is lost repeatedly is held back
// longer each time. Losses only count while the instance is ACTIVE: otherwise it was taken out of
// service on purpose.
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

// hold returns how long an instance waits after this many losses in a row (two or more).
func hold(losses int) time.Duration {
	const doublings = 5 // from firstHold to mostHold, rounded up
	return min(mostHold, firstHold<<min(losses-2, doublings))
}

// SetRuntimeHealth records an agent's report on its container engine: the Status and Reason of
// Health. It fails if the instance is not registered.
type SetRuntimeHealth struct {
	Instance string
	Health   RuntimeHealth
	At       Time
}

// CommandType implements Command.
func (SetRuntimeHealth) CommandType() CommandType { return CmdSetRuntimeHealth }

// ReleaseInstances lets instances that were held back after repeated losses take work again. One
// whose HeldUntil is later than At stays held back: it has been lost again in the meantime.
type ReleaseInstances struct {
	Instances []string
	At        Time
}

// CommandType implements Command.
func (ReleaseInstances) CommandType() CommandType { return CmdReleaseInstances }
