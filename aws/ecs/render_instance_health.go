package ecs

import (
	"cmp"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// The parts of a container instance whose health is told (ECS, InstanceHealthCheckType).
const (
	healthOfRuntime = "CONTAINER_RUNTIME"
	healthOfAgent   = "AGENT_CONNECTIVITY"
)

// worstFirst are the states of health in the order in which they decide about the whole (ECS).
var worstFirst = []string{structs.HealthImpaired, structs.HealthInsufficientData, structs.HealthInitializing, structs.HealthOK}

// instanceHealth shows how an instance does. Agents report changes only, so what was reported last
// stands as long as the agent is heard.
func instanceHealth(i *structs.ContainerInstance) *ContainerInstanceHealthStatus {
	agent := InstanceHealthCheckResult{
		Type: healthOfAgent, Status: structs.HealthOK, LastUpdated: i.ConnectionChangedAt, LastStatusChange: i.ConnectionChangedAt,
	}
	if !i.AgentConnected {
		agent.Status, agent.StatusReason = structs.HealthImpaired, i.Trouble()
	}
	details := []InstanceHealthCheckResult{
		{
			Type: healthOfRuntime, Status: cmp.Or(i.Runtime.Status, structs.HealthInsufficientData), StatusReason: i.Runtime.Reason,
			LastUpdated: i.Runtime.UpdatedAt, LastStatusChange: i.Runtime.ChangedAt,
		},
		agent,
	}
	worst := slices.MinFunc(details, func(a, b InstanceHealthCheckResult) int {
		return cmp.Compare(slices.Index(worstFirst, a.Status), slices.Index(worstFirst, b.Status))
	})
	return &ContainerInstanceHealthStatus{OverallStatus: worst.Status, Details: details}
}
