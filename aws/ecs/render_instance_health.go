package ecs

import (
	"cmp"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// The parts of a container instance that have a health (ECS, InstanceHealthCheckType).
const (
	healthOfRuntime = "CONTAINER_RUNTIME"
	healthOfAgent   = "AGENT_CONNECTIVITY"
)

// worstFirst has the states of health in the order in which they decide the overall status (ECS).
var worstFirst = []string{structs.HealthImpaired, structs.HealthInsufficientData, structs.HealthInitializing, structs.HealthOK}

// instanceHealth shows the health of an instance. Agents report only changes, so the last report
// holds as long as the agent is heard.
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
