package structs

// CommandType is the number of a raft command. Numbers are in the log on disk: never reuse or
// renumber one.
type CommandType uint8

// The numbers of all raft commands. Each command's struct is in the file of its noun. A new command
// takes the next number after the highest. CONTRIBUTING.md lists the steps to add one.
const (
	CmdCreateCluster           CommandType = 1
	CmdDeleteCluster           CommandType = 2
	CmdRegisterTaskDefinition  CommandType = 3
	CmdUpdateTaskDefinitions   CommandType = 4
	CmdRegisterInstance        CommandType = 5
	CmdSetAgentConnected       CommandType = 6
	CmdCreateJob               CommandType = 7
	CmdApplyPlan               CommandType = 8
	CmdStopTasks               CommandType = 9
	CmdReportTasks             CommandType = 10
	CmdTag                     CommandType = 11
	CmdUntag                   CommandType = 12
	CmdCollect                 CommandType = 13
	CmdPutAttributes           CommandType = 14
	CmdDeleteAttributes        CommandType = 15
	CmdSetInstanceStatus       CommandType = 16
	CmdPutService              CommandType = 17
	CmdDeleteService           CommandType = 18
	CmdStopDeployment          CommandType = 19
	CmdProtectTasks            CommandType = 20
	CmdPutTaskSet              CommandType = 21
	CmdDeleteTaskSet           CommandType = 22
	CmdSetPrimaryTaskSet       CommandType = 23
	CmdContinueDeployment      CommandType = 24
	CmdPutCapacityProvider     CommandType = 25
	CmdDeleteCapacityProvider  CommandType = 26
	CmdUpdateCluster           CommandType = 27
	CmdPutJob                  CommandType = 28
	CmdStopJob                 CommandType = 30
	CmdPutAccessKey            CommandType = 34
	CmdDeleteAccessKey         CommandType = 35
	CmdSetRuntimeHealth        CommandType = 36
	CmdReleaseInstances        CommandType = 37
	CmdPutAccountSetting       CommandType = 40
	CmdDeleteAccountSetting    CommandType = 41
	CmdPutVolumeMapping        CommandType = 42
	CmdDeleteVolumeMapping     CommandType = 43
	CmdPinImages               CommandType = 44
	CmdAssignBlocks            CommandType = 45
	CmdPutVaultKey             CommandType = 50
	CmdReseal                  CommandType = 51
	CmdCreateSecret            CommandType = 52
	CmdChangeSecret            CommandType = 53
	CmdMarkSecret              CommandType = 54
	CmdRemoveSecrets           CommandType = 55
	CmdStageSecret             CommandType = 56
	CmdPutParameter            CommandType = 57
	CmdRemoveParameters        CommandType = 58
	CmdLabelParameter          CommandType = 59
	CmdPutRole                 CommandType = 60
	CmdDeleteRole              CommandType = 61
	CmdPutManagedPolicy        CommandType = 62
	CmdDeleteManagedPolicy     CommandType = 63
	CmdPutLogGroups            CommandType = 66
	CmdDeleteLogGroup          CommandType = 67
	CmdSetLogRetention         CommandType = 68
	CmdPutBucketMapping        CommandType = 70
	CmdDeleteBucketMapping     CommandType = 71
	CmdPutLoadBalancer         CommandType = 76
	CmdDeleteLoadBalancer      CommandType = 77
	CmdPutListener             CommandType = 78
	CmdDeleteListener          CommandType = 79
	CmdPutListenerRule         CommandType = 80
	CmdDeleteListenerRule      CommandType = 81
	CmdSetRulePriorities       CommandType = 82
	CmdPutTargetGroup          CommandType = 83
	CmdDeleteTargetGroup       CommandType = 84
	CmdRegisterTargets         CommandType = 85
	CmdDeregisterTargets       CommandType = 86
	CmdReportTargets           CommandType = 90
	CmdSetDrained              CommandType = 91
	CmdPutCertificate          CommandType = 100
	CmdDeleteCertificate       CommandType = 101
	CmdLeaseCertificate        CommandType = 102
	CmdReportCertificate       CommandType = 103
	CmdRenewCertificate        CommandType = 104
	CmdPutACMEFile             CommandType = 105
	CmdDeleteACMEFile          CommandType = 106
	CmdPutNamespace            CommandType = 107
	CmdDeleteNamespace         CommandType = 108
	CmdPutDiscoveryService     CommandType = 109
	CmdDeleteDiscoveryService  CommandType = 110
	CmdPutDiscoveryInstance    CommandType = 111
	CmdDeleteDiscoveryInstance CommandType = 112
	CmdSetDiscoveryHealth      CommandType = 113
	CmdPutGateway              CommandType = 116
	CmdDeleteGateway           CommandType = 117
	CmdAssociateGateway        CommandType = 118
	CmdDisassociateGateway     CommandType = 119
)

// Command is one entry of the raft log: a complete change, with every id and time already minted.
type Command interface{ CommandType() CommandType }

// Applied is the result of a command.
type Applied struct {
	Index uint64 // the raft index of the entry
	// Key names what the command created or found: "family:revision" for RegisterTaskDefinition,
	// the Job.ID for CreateJob (that of an earlier job if the client token was used before).
	Key string
}
