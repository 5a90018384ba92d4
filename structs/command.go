package structs

// CommandType is the number of a raft command. Numbers are in the log on disk: never reuse or renumber one.
type CommandType uint8

// The raft commands. CONTRIBUTING.md says how to add one.
const (
	CmdCreateCluster          CommandType = 1
	CmdDeleteCluster          CommandType = 2
	CmdRegisterTaskDefinition CommandType = 3
	CmdUpdateTaskDefinitions  CommandType = 4
	CmdRegisterInstance       CommandType = 5
	CmdSetAgentConnected      CommandType = 6
	CmdCreateJob              CommandType = 7
	CmdApplyPlan              CommandType = 8
	CmdStopTasks              CommandType = 9
	CmdReportTasks            CommandType = 10
	CmdTag                    CommandType = 11
	CmdUntag                  CommandType = 12
	CmdCollect                CommandType = 13
)

// Command is one entry of the raft log: the whole of one change, with every id and time already minted.
type Command interface{ CommandType() CommandType }

// Applied is what came of a command.
type Applied struct {
	Index uint64 // the raft index of the entry
	// Key names what the command made or found: "family:revision" of RegisterTaskDefinition, the Job.ID of CreateJob
	// (an earlier job's, where the client token was used before).
	Key string
}

// CreateCluster makes a cluster, or makes an INACTIVE one ACTIVE again. An ACTIVE one of that name stays as it is.
type CreateCluster struct {
	Cluster Cluster
	Tags    []Tag
}

// DeleteCluster makes a cluster INACTIVE. Fails while it has active instances, tasks or services.
type DeleteCluster struct {
	Cluster string
	At      Time
}

// RegisterTaskDefinition adds the next revision of a family; apply assigns the revision.
type RegisterTaskDefinition struct {
	Definition TaskDefinition
	Tags       []Tag
}

// UpdateTaskDefinitions moves revisions to a status: INACTIVE (deregistered) or DELETE_IN_PROGRESS.
type UpdateTaskDefinitions struct {
	Definitions []string // family:revision
	Status      string
	At          Time
}

// RegisterInstance adds a container instance or renews it (an agent that starts again). The cluster is made if it is
// not there. Tags are set at the first registration.
type RegisterInstance struct {
	Instance ContainerInstance
	Tags     []Tag
}

// SetAgentConnected says whether servers hold the streams of these agents.
type SetAgentConnected struct {
	Instances []string
	Connected bool
}

// CreateJob adds a job and its first evaluation. A client token that the cluster knows finds the earlier job:
// with the same RequestHash that job is the answer, with another the command fails with Conflict.
type CreateJob struct {
	Job        Job
	Evaluation Evaluation
}

// ApplyPlan commits a plan that the planner has checked. Placements whose job or instance has gone meanwhile are dropped.
type ApplyPlan struct {
	Plan Plan
}

// StopTasks asks tasks to stop. Tasks that are asked already, or have stopped, stay as they are.
type StopTasks struct {
	Tasks    []string
	StopCode string
	Reason   string
	At       Time
}

// ReportTasks is a batch of what one agent saw.
type ReportTasks struct {
	Instance string
	Updates  []TaskUpdate
	At       Time
}

// Tag sets tags on a resource; Untag removes them by key. Resource is as in TagResource.
type TagCommand struct {
	Resource string // see ResourceKey
	Tags     []Tag
}

// UntagCommand removes tags by key.
type UntagCommand struct {
	Resource string
	Keys     []string
}

// Collect forgets what ended before a time: stopped tasks, jobs and evaluations with nothing left of them, and
// deleted clusters and task definitions that nothing refers to.
type Collect struct {
	Before Time
}

func (CreateCluster) CommandType() CommandType          { return CmdCreateCluster }
func (DeleteCluster) CommandType() CommandType          { return CmdDeleteCluster }
func (RegisterTaskDefinition) CommandType() CommandType { return CmdRegisterTaskDefinition }
func (UpdateTaskDefinitions) CommandType() CommandType  { return CmdUpdateTaskDefinitions }
func (RegisterInstance) CommandType() CommandType       { return CmdRegisterInstance }
func (SetAgentConnected) CommandType() CommandType      { return CmdSetAgentConnected }
func (CreateJob) CommandType() CommandType              { return CmdCreateJob }
func (ApplyPlan) CommandType() CommandType              { return CmdApplyPlan }
func (StopTasks) CommandType() CommandType              { return CmdStopTasks }
func (ReportTasks) CommandType() CommandType            { return CmdReportTasks }
func (TagCommand) CommandType() CommandType             { return CmdTag }
func (UntagCommand) CommandType() CommandType           { return CmdUntag }
func (Collect) CommandType() CommandType                { return CmdCollect }
