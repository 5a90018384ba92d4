package structs

// What putting a job file did.
const (
	JobCreated   = "created"
	JobUpdated   = "updated"
	JobUnchanged = "unchanged" // the job was as the file says
)

// JobPut is the native API's answer to a job file that was put.
type JobPut struct {
	Result  string `json:"result"`
	ID      string `json:"id"` // Job.ID
	Name    string `json:"name"`
	Cluster string `json:"cluster"`
	Type    string `json:"type"`
	Version int    `json:"version"`
	// TaskDefinition is what it runs: family:revision.
	TaskDefinition string `json:"taskDefinition"`
	// Deployment moves its tasks to the new version; empty where they need not change.
	Deployment string `json:"deployment,omitzero"`
	// Evaluation decides on the change; empty where there is none.
	Evaluation string        `json:"evaluation,omitzero"`
	Changes    []FieldChange `json:"changes,omitzero"`
}

// JobPlan is the native API's answer to a job file that was not put: what putting it would do.
type JobPlan struct {
	Result         string        `json:"result"`
	Name           string        `json:"name"`
	Cluster        string        `json:"cluster"`
	Type           string        `json:"type"`
	Version        int           `json:"version"`
	TaskDefinition string        `json:"taskDefinition"`
	Changes        []FieldChange `json:"changes,omitzero"`
	// Replaces: the tasks that there are would be replaced.
	Replaces bool `json:"replacesTasks,omitzero"`
	// Simulation is what the scheduler would then do; nil where nothing would change.
	Simulation *Simulation `json:"simulation,omitzero"`
}

// JobList is the native API's answer to a list of jobs: services and daemons by name, then batch
// jobs, newest first.
type JobList struct {
	Index uint64       `json:"index"`
	Jobs  []JobSummary `json:"jobs"`
}

// JobSummary is a job and how it stands.
type JobSummary struct {
	*Job
	Running int `json:"runningCount"`
	Pending int `json:"pendingCount"` // on the way to RUNNING
	// Unhealthy is how many of the RUNNING tasks of a service do not count as healthy
	// (UpdatePolicy.IsHealthy), or not yet.
	Unhealthy int `json:"unhealthyCount,omitzero"`
	// Batch says what became of the tasks of a batch job that a file made.
	Batch *BatchCounts `json:"batchCounts,omitzero"`
	// Rollout is the state of a service's newest deployment.
	Rollout string `json:"rolloutState,omitzero"`
	// Unplaced is how many tasks the last evaluation found no place for.
	Unplaced int `json:"unplaced,omitzero"`
}

// JobDetail is the native API's answer to one job: all that is known of it, each list newest first.
// The versions of a batch job are its runs.
type JobDetail struct {
	Index uint64     `json:"index"`
	Job   JobSummary `json:"job"`
	// Spec is the job as a file would have it; nil for a job without a name.
	Spec        *JobSpec       `json:"spec,omitzero"`
	Versions    []*Job         `json:"versions"`
	Deployments []*Deployment  `json:"deployments"`
	Tasks       []*Task        `json:"tasks"`
	Evaluations []*Evaluation  `json:"evaluations"`
	Events      []ServiceEvent `json:"events"`
	// Troubles say, by container instance, why its tasks neither start nor stop: its agent is not
	// heard of, or its engine does not work.
	Troubles map[string]string `json:"instanceTroubles,omitzero"`
}
