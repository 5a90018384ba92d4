package structs

// EvaluationList is the native API's answer to a list of evaluations, newest first. Index, here and
// in the other lists, is the raft index of the state it was read from.
type EvaluationList struct {
	Index       uint64        `json:"index"`
	Evaluations []*Evaluation `json:"evaluations"`
}

// InstanceList is the native API's answer to a list of container instances, by id.
type InstanceList struct {
	Index     uint64          `json:"index"`
	Instances []InstanceUsage `json:"instances"`
}

// InstanceUsage is a container instance with what its tasks hold.
type InstanceUsage struct {
	*ContainerInstance
	Usage *Usage `json:"usage"`
}

// TaskList is the native API's answer to a list of tasks, newest first.
type TaskList struct {
	Index uint64  `json:"index"`
	Tasks []*Task `json:"tasks"`
}
