package structs

// The results of submitting a job file.
const (
	JobCreated   = "created"
	JobUpdated   = "updated"
	JobUnchanged = "unchanged" // the job already matched the file
)

// JobPut is the native API's answer to a submitted job file.
type JobPut struct {
	Result  string `json:"result"`
	ID      string `json:"id"` // Job.ID
	Name    string `json:"name"`
	Cluster string `json:"cluster"`
	Type    string `json:"type"`
	Version int    `json:"version"`
	// TaskDefinition is what it runs: family:revision.
	TaskDefinition string `json:"taskDefinition"`
	// Deployment moves its tasks to the new version; empty if they need not change.
	Deployment string `json:"deployment,omitzero"`
	// Evaluation decides on the change; empty if nothing changed.
	Evaluation string `json:"evaluation,omitzero"`
	// URLs are where an exposed service is reached, in the order of its host names.
	URLs    []string      `json:"urls,omitzero"`
	Changes []FieldChange `json:"changes,omitzero"`
}

// JobPlan is the native API's answer to a dry run of a job file: the effect of submitting it.
type JobPlan struct {
	Result         string        `json:"result"`
	Name           string        `json:"name"`
	Cluster        string        `json:"cluster"`
	Type           string        `json:"type"`
	Version        int           `json:"version"`
	TaskDefinition string        `json:"taskDefinition"`
	Changes        []FieldChange `json:"changes,omitzero"`
	// Replaces reports whether the existing tasks would be replaced.
	Replaces bool `json:"replacesTasks,omitzero"`
	// Simulation is what the scheduler would then do; nil if nothing would change.
	Simulation *Simulation `json:"simulation,omitzero"`
}

// JobList is the native API's answer to a list of jobs: services and daemons by name, then batch
// jobs, newest first.
type JobList struct {
	Index uint64       `json:"index"`
	Jobs  []JobSummary `json:"jobs"`
}

// JobSummary is a job and its current state.
type JobSummary struct {
	*Job
	Running int `json:"runningCount"`
	Pending int `json:"pendingCount"` // on the way to RUNNING
	// Unhealthy is how many RUNNING tasks of a service do not, or not yet, count as healthy
	// (UpdatePolicy.IsHealthy).
	Unhealthy int `json:"unhealthyCount,omitzero"`
	// Batch counts the tasks of a batch job that was created from a file.
	Batch *BatchCounts `json:"batchCounts,omitzero"`
	// Rollout is the state of a service's newest deployment.
	Rollout string `json:"rolloutState,omitzero"`
	// Unplaced is how many tasks the last evaluation could not place.
	Unplaced int `json:"unplaced,omitzero"`
}

// JobDetail is the native API's answer about one job: everything known about it, each list newest
// first. The versions of a batch job are its runs.
type JobDetail struct {
	Index uint64     `json:"index"`
	Job   JobSummary `json:"job"`
	// Spec is the job as a job file; nil for a job without a name.
	Spec        *JobSpec       `json:"spec,omitzero"`
	Versions    []*Job         `json:"versions"`
	Deployments []*Deployment  `json:"deployments"`
	Tasks       []*Task        `json:"tasks"`
	Evaluations []*Evaluation  `json:"evaluations"`
	Events      []ServiceEvent `json:"events"`
	// Troubles explains, by container instance, why tasks there neither start nor stop: the agent
	// is not connected, or the engine does not work.
	Troubles map[string]string `json:"instanceTroubles,omitzero"`
}
