package structs

// CommandType is the number of a raft command. Numbers are in the log on disk: never reuse or
// renumber one.
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
	CmdPutAttributes          CommandType = 14
	CmdDeleteAttributes       CommandType = 15
	CmdSetInstanceStatus      CommandType = 16
	CmdPutService             CommandType = 17
	CmdDeleteService          CommandType = 18
	CmdStopDeployment         CommandType = 19
	CmdProtectTasks           CommandType = 20
	CmdPutTaskSet             CommandType = 21
	CmdDeleteTaskSet          CommandType = 22
	CmdSetPrimaryTaskSet      CommandType = 23
	CmdContinueDeployment     CommandType = 24
	CmdStopJob                CommandType = 30
	CmdPutCapacityProvider    CommandType = 25
	CmdDeleteCapacityProvider CommandType = 26
	CmdUpdateCluster          CommandType = 27
	CmdPutJob                 CommandType = 28
	CmdPutAccessKey           CommandType = 34
	CmdDeleteAccessKey        CommandType = 35
	CmdPutAccountSetting      CommandType = 40
	CmdDeleteAccountSetting   CommandType = 41
	CmdSetRuntimeHealth       CommandType = 36
	CmdReleaseInstances       CommandType = 37
)

// Command is one entry of the raft log: the whole of one change, with every id and time already
// minted.
type Command interface{ CommandType() CommandType }

// Applied is what came of a command.
type Applied struct {
	Index uint64 // the raft index of the entry
	// Key names what the command made or found: "family:revision" of RegisterTaskDefinition, the
	// Job.ID of CreateJob (an earlier job's, where the client token was used before).
	Key string
}

// CreateCluster makes a cluster, or makes an INACTIVE one ACTIVE again. An ACTIVE one of that name
// stays as it is.
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

// RegisterInstance adds a container instance or renews it (an agent that starts again). The cluster
// is made if it is not there. Tags are set at the first registration.
type RegisterInstance struct {
	Instance ContainerInstance
	Tags     []Tag
}

// SetAgentConnected says whether servers hold the streams of these agents.
type SetAgentConnected struct {
	Instances []string
	Connected bool
	At        Time
	// Damps: losses are counted, and an instance that is lost again and again is held back when it
	// returns. Older servers do neither.
	Damps bool `cbor:",omitzero"`
}

// SetRuntimeHealth records what an agent says of its container engine: the Status and Reason of
// Health. Fails where the instance is not registered.
type SetRuntimeHealth struct {
	Instance string
	Health   RuntimeHealth
	At       Time
}

// ReleaseInstances lets instances take work that were held back for being lost again and again. One
// whose HeldUntil is later than At stays held back: it was lost once more meanwhile.
type ReleaseInstances struct {
	Instances []string
	At        Time
}

// CreateJob adds a job and its first evaluation. A client token that the cluster knows finds the
// earlier job: with the same RequestHash that job is the answer, with another the command fails
// with Conflict.
type CreateJob struct {
	Job        Job
	Evaluation Evaluation
	Tasks      []string // the ids of the tasks of a job that queues them: as many as its Count
	// Providers are the capacity providers of Tasks, in the same order; nil in entries of older
	// servers, whose tasks get theirs when they are placed.
	Providers []string
}

// ApplyPlan commits a plan that the planner has checked. Placements whose job or instance has gone
// meanwhile are dropped.
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
	// Rules is ReportRules; zero in entries of older servers, which note no Task.HealthyAt, and
	// wake no daemon when the last other task has left an instance.
	Rules int
}

// ReportRules says by which rules a report is applied that is made now.
const ReportRules = 1

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

// InstanceAttribute is one attribute of one instance.
type InstanceAttribute struct {
	Instance  string
	Attribute Attribute
}

// PutAttributes sets custom attributes of instances; all or nothing.
type PutAttributes struct {
	Cluster    string
	Attributes []InstanceAttribute
	At         Time
}

// DeleteAttributes removes custom attributes of instances; those that are not there are no error.
type DeleteAttributes struct {
	Cluster    string
	Attributes []InstanceAttribute
	At         Time
}

// SetInstanceStatus moves instances to ACTIVE or DRAINING, or, for deregistering, INACTIVE. One
// that is INACTIVE stays so until it registers again. Deregistering stops what runs there: tasks of
// a connected agent are asked to stop, and those that nobody is left to report on are STOPPED at
// once.
type SetInstanceStatus struct {
	Instances []string
	Status    string
	At        Time
}

// PutService adds a service or its next version. Job.Version must be one more than the present
// version (1 for a new one); else another change came first and the command fails with Conflict.
// Deployment, where not nil, becomes PRIMARY and the one that was PRIMARY becomes ACTIVE.
type PutService struct {
	Job        Job
	Deployment *Deployment
	Evaluation Evaluation
	Tags       []Tag // of a new service
}

// DeleteService makes a service DRAINING, with no tasks desired, which is its last version. Without
// Force it must have none desired already.
type DeleteService struct {
	Job        string
	Force      bool
	Evaluation Evaluation
	At         Time
}

// StopDeployment notes that a user wants a deployment in progress stopped.
type StopDeployment struct {
	Deployment string
	Type       string // ROLLBACK or ABORT
	Evaluation Evaluation
	At         Time
}

// PutJob makes a job what a job file says, all of it or nothing: Definition, where not nil, becomes
// the next revision of its family and the job's; Tags become all that a service has. The rest is as
// in PutService. A batch job is added as by CreateJob.
type PutJob struct {
	Definition *TaskDefinition
	Job        Job
	Deployment *Deployment
	Evaluation Evaluation
	Tags       []Tag
	// Replaces is the batch job of the same name that is RUNNING, which is stopped; empty: there is
	// none. Were it another, the command fails with Conflict.
	Replaces string
}

// PutTaskSet adds a task set to a service of controller EXTERNAL, or changes the scale of one that
// is there. A new one with a client token that the service knows finds the earlier one, as in
// CreateJob.
type PutTaskSet struct {
	Set        Deployment
	Evaluation Evaluation
	Tags       []Tag // of a new one
}

// DeleteTaskSet makes a task set DRAINING; it goes with its last task. Without Force it must be
// scaled to nothing, and not be PRIMARY.
type DeleteTaskSet struct {
	Set        string
	Force      bool
	Evaluation Evaluation
	At         Time
}

// ContinueDeployment answers a deployment that waits at a lifecycle hook: CONTINUE or ROLLBACK.
type ContinueDeployment struct {
	Deployment string
	Pause      string // Pause.ID
	Action     string
	Evaluation Evaluation
	At         Time
}

// SetPrimaryTaskSet makes a task set PRIMARY, in place of the one that was.
type SetPrimaryTaskSet struct {
	Set string
	At  Time
}

// ProtectTasks keeps tasks from being chosen for scale-in and deployments until a time; zero ends
// the protection.
type ProtectTasks struct {
	Tasks []string
	Until Time
	At    Time
}

// StopJob ends a batch job: nothing more of it is started, and its tasks are asked to stop. One
// that has ended stays as it is.
type StopJob struct {
	Job string
	At  Time
}

// PutCapacityProvider adds a capacity provider, or changes the ACTIVE one of its name.
type PutCapacityProvider struct {
	Provider CapacityProvider
	Create   bool // fails where an ACTIVE one has the name
	Tags     []Tag
}

// DeleteCapacityProvider makes a capacity provider INACTIVE. Fails while a cluster or service uses
// it.
type DeleteCapacityProvider struct {
	Provider string
	At       Time
}

// UpdateCluster changes an ACTIVE cluster; what is nil stays as it is.
type UpdateCluster struct {
	Cluster       string
	Providers     *ClusterProviders
	Settings      []ClusterSetting
	Configuration *ClusterConfiguration
	// ServiceConnectDefaults with an empty namespace takes away what the cluster has (ECS).
	ServiceConnectDefaults *ClusterServiceConnectDefaults `cbor:",omitempty"`
}

// ClusterProviders are the capacity providers of a cluster, and what its work is shared out by
// where it does not say.
type ClusterProviders struct {
	Providers       []string
	DefaultStrategy []CapacityProviderStrategyItem
}

// PutAccessKey adds an access key.
type PutAccessKey struct {
	Key AccessKey
	// First: it is the installation's first, which fails where one was made before.
	First bool
}

// DeleteAccessKey revokes an access key.
type DeleteAccessKey struct {
	ID string
}

// PutAccountSetting sets an account setting of a principal, in place of what was set before.
type PutAccountSetting struct {
	Setting AccountSetting
}

// DeleteAccountSetting forgets what was set for a principal. What was not set is no error.
type DeleteAccountSetting struct {
	Principal string
	Name      string
}

// Collect forgets what ended before a time: stopped tasks, jobs and evaluations with nothing left
// of them, services that are INACTIVE with their history, and deleted instances, clusters and task
// definitions that nothing refers to.
type Collect struct {
	Before Time
	// Limit bounds how many tasks and evaluations one entry forgets, so that others do not wait
	// behind it for long. Zero: none.
	Limit int
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
func (PutAttributes) CommandType() CommandType          { return CmdPutAttributes }
func (DeleteAttributes) CommandType() CommandType       { return CmdDeleteAttributes }
func (SetInstanceStatus) CommandType() CommandType      { return CmdSetInstanceStatus }
func (PutService) CommandType() CommandType             { return CmdPutService }
func (DeleteService) CommandType() CommandType          { return CmdDeleteService }
func (StopDeployment) CommandType() CommandType         { return CmdStopDeployment }
func (ContinueDeployment) CommandType() CommandType     { return CmdContinueDeployment }
func (ProtectTasks) CommandType() CommandType           { return CmdProtectTasks }
func (PutTaskSet) CommandType() CommandType             { return CmdPutTaskSet }
func (DeleteTaskSet) CommandType() CommandType          { return CmdDeleteTaskSet }
func (SetPrimaryTaskSet) CommandType() CommandType      { return CmdSetPrimaryTaskSet }
func (StopJob) CommandType() CommandType                { return CmdStopJob }
func (PutCapacityProvider) CommandType() CommandType    { return CmdPutCapacityProvider }
func (DeleteCapacityProvider) CommandType() CommandType { return CmdDeleteCapacityProvider }
func (UpdateCluster) CommandType() CommandType          { return CmdUpdateCluster }
func (PutJob) CommandType() CommandType                 { return CmdPutJob }
func (PutAccessKey) CommandType() CommandType           { return CmdPutAccessKey }
func (DeleteAccessKey) CommandType() CommandType        { return CmdDeleteAccessKey }
func (PutAccountSetting) CommandType() CommandType      { return CmdPutAccountSetting }
func (DeleteAccountSetting) CommandType() CommandType   { return CmdDeleteAccountSetting }
func (SetRuntimeHealth) CommandType() CommandType       { return CmdSetRuntimeHealth }
func (ReleaseInstances) CommandType() CommandType       { return CmdReleaseInstances }
