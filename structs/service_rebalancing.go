package structs

// The values of a service's availabilityZoneRebalancing. Unlike ECS, Gantry rebalances not only
// over zones, but over anything that a service is spread over.
const (
	RebalancingEnabled  = "ENABLED"
	RebalancingDisabled = "DISABLED"
)

// Rebalances reports whether tasks of a service are moved to follow its placement strategy when
// instances join or return. With an external scheduler the strategy has no effect.
func (j *Job) Rebalances() bool {
	return j != nil && j.Type == JobService && j.Service != nil && j.Service.Rebalancing == RebalancingEnabled && j.Scheduler == ""
}

// CannotRebalance returns why a service cannot be rebalanced; empty if it can.
func (j *Job) CannotRebalance() string {
	switch {
	case j.Type == JobDaemon:
		return "a service of the DAEMON scheduling strategy has a task on every instance already"
	case j.External():
		return "with the EXTERNAL deployment controller, who moves the task sets decides when tasks move"
	case len(j.PlacementStrategy) > 0 && j.PlacementStrategy[0].Type != StrategySpread:
		return "the first placement strategy must be spread, or there must be none; it is " + j.PlacementStrategy[0].Type
	case len(j.Strategy()) > 1:
		return "the capacity provider strategy shares the tasks out among more than one capacity provider, and a task that moves would change it"
	case j.Service.Update.MaximumPercent <= 100:
		return "deploymentConfiguration.maximumPercent must be above 100, since a task that moves starts before the other stops"
	}
	return ""
}
