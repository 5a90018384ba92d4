package structs

// The types of a job. Only batch has a door so far.
const (
	JobBatch = "batch" // runs its tasks to completion
)

// Job is what a user asked the cluster to run, and what evaluations are about. RunTask and StartTask make a batch job.
type Job struct {
	ID             string `json:"id"` // 32 hex digits
	Cluster        string `json:"cluster"`
	Type           string `json:"type"`
	TaskDefinition string `json:"taskDefinition"` // family:revision
	Count          int    `json:"count"`          // how many tasks
	// Instances, where not empty, are the very instances to run on, a task each (StartTask); Count is then their number.
	Instances []string `json:"containerInstances,omitzero"`

	Group                string                         `json:"group"`
	StartedBy            string                         `json:"startedBy,omitzero"`
	LaunchType           string                         `json:"launchType,omitzero"`
	Overrides            *TaskOverride                  `json:"overrides,omitzero"`
	PlacementConstraints []PlacementConstraint          `json:"placementConstraints,omitzero"`
	PlacementStrategy    []PlacementStrategy            `json:"placementStrategy,omitzero"`
	CapacityStrategy     []CapacityProviderStrategyItem `json:"capacityProviderStrategy,omitzero"`
	EnableExecuteCommand bool                           `json:"enableExecuteCommand,omitzero"`
	// Tags go to each task that the job makes.
	Tags []Tag `json:"tags,omitzero"`

	// ClientToken makes the request that made the job idempotent within its cluster; RequestHash tells the same
	// request from another one with the same token.
	ClientToken string `json:"clientToken,omitzero"`
	RequestHash string `json:"requestHash,omitzero"`

	CreatedAt Time `json:"createdAt"`
}
