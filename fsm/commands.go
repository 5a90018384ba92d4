package fsm

import (
	"fmt"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// handler is how fsm encodes and applies one command.
type handler struct {
	// pack returns the value to encode for the command, usually the command itself.
	pack func(structs.Command) (body any, err error)
	// unpack decodes what pack returned into the command.
	unpack func(body []byte) (structs.Command, error)
	// apply changes state. If it returns an error, a *structs.Error, the command is refused and the
	// transaction undone.
	apply func(tx *state.Tx, index uint64, cmd structs.Command) (key string, err error)
}

// handlers has a handler for every command. CONTRIBUTING.md lists the steps to add one.
var handlers = map[structs.CommandType]handler{
	structs.CmdCreateCluster:          handle(createCluster),
	structs.CmdDeleteCluster:          handle(deleteCluster),
	structs.CmdRegisterTaskDefinition: handle(registerTaskDefinition),
	structs.CmdUpdateTaskDefinitions:  handle(updateTaskDefinitions),
	structs.CmdRegisterInstance:       handle(registerInstance),
	structs.CmdSetAgentConnected:      handle(setAgentConnected),
	structs.CmdCreateJob:              handle(createJob),
	structs.CmdApplyPlan:              handlePacked(applyPlan, packPlan, unpackPlan),
	structs.CmdStopTasks:              handle(stopTasks),
	structs.CmdReportTasks:            handle(reportTasks),
	structs.CmdTag:                    handle(tag),
	structs.CmdUntag:                  handle(untag),
	structs.CmdCollect:                handle(collect),
	structs.CmdPutAttributes:          handle(putAttributes),
	structs.CmdDeleteAttributes:       handle(deleteAttributes),
	structs.CmdSetInstanceStatus:      handle(setInstanceStatus),
	structs.CmdPutService:             handle(putService),
	structs.CmdDeleteService:          handle(deleteService),
	structs.CmdStopDeployment:         handle(stopDeployment),
	structs.CmdContinueDeployment:     handle(continueDeployment),
	structs.CmdProtectTasks:           handle(protectTasks),
	structs.CmdPutTaskSet:             handle(putTaskSet),
	structs.CmdDeleteTaskSet:          handle(deleteTaskSet),
	structs.CmdSetPrimaryTaskSet:      handle(setPrimaryTaskSet),
	structs.CmdStopJob:                handle(stopJob),
	structs.CmdPutCapacityProvider:    handle(putCapacityProvider),
	structs.CmdDeleteCapacityProvider: handle(deleteCapacityProvider),
	structs.CmdUpdateCluster:          handle(updateCluster),
	structs.CmdPutJob:                 handle(putJob),
	structs.CmdPutAccessKey:           handle(putAccessKey),
	structs.CmdDeleteAccessKey:        handle(deleteAccessKey),
	structs.CmdPutAccountSetting:      handle(putAccountSetting),
	structs.CmdDeleteAccountSetting:   handle(deleteAccountSetting),
	structs.CmdPutVolumeMapping:       handle(putVolumeMapping),
	structs.CmdDeleteVolumeMapping:    handle(deleteVolumeMapping),
	structs.CmdSetRuntimeHealth:       handle(setRuntimeHealth),
	structs.CmdReleaseInstances:       handle(releaseInstances),
	structs.CmdPutGateway:             handle(putGateway),
	structs.CmdDeleteGateway:          handle(deleteGateway),
	structs.CmdAssociateGateway:       handle(associateGateway),
	structs.CmdDisassociateGateway:    handle(disassociateGateway),
	structs.CmdPinImages:              handle(pinImages),
	structs.CmdAssignBlocks:           handle(assignBlocks),
	structs.CmdPutVaultKey:            handle(putVaultKey),
	structs.CmdReseal:                 handle(reseal),
	structs.CmdCreateSecret:           handle(createSecret),
	structs.CmdChangeSecret:           handle(changeSecret),
	structs.CmdMarkSecret:             handle(markSecret),
	structs.CmdRemoveSecrets:          handle(removeSecrets),
	structs.CmdStageSecret:            handle(stageSecret),
	structs.CmdPutParameter:           handle(putParameter),
	structs.CmdRemoveParameters:       handle(removeParameters),
	structs.CmdLabelParameter:         handle(labelParameter),
	structs.CmdPutRole:                handle(putRole),
	structs.CmdDeleteRole:             handle(deleteRole),
	structs.CmdPutManagedPolicy:       handle(putManagedPolicy),
	structs.CmdDeleteManagedPolicy:    handle(deleteManagedPolicy),
	structs.CmdPutBucketMapping:       handle(putBucketMapping),
	structs.CmdDeleteBucketMapping:    handle(deleteBucketMapping),
	structs.CmdPutLogGroups:           handle(putLogGroups),
	structs.CmdDeleteLogGroup:         handle(deleteLogGroup),
	structs.CmdSetLogRetention:        handle(setLogRetention),
	structs.CmdPutLoadBalancer:        handle(putLoadBalancer),
	structs.CmdDeleteLoadBalancer:     handle(deleteLoadBalancer),
	structs.CmdPutListener:            handle(putListener),
	structs.CmdDeleteListener:         handle(deleteListener),
	structs.CmdPutListenerRule:        handle(putListenerRule),
	structs.CmdDeleteListenerRule:     handle(deleteListenerRule),
	structs.CmdSetRulePriorities:      handle(setRulePriorities),
	structs.CmdPutTargetGroup:         handle(putTargetGroup),
	structs.CmdDeleteTargetGroup:      handle(deleteTargetGroup),
	structs.CmdRegisterTargets:        handle(registerTargets),
	structs.CmdDeregisterTargets:      handle(deregisterTargets),
	structs.CmdReportTargets:          handle(reportTargets),
	structs.CmdSetDrained:             handle(setDrained),
	structs.CmdPutCertificate:         handle(putCertificate),
	structs.CmdDeleteCertificate:      handle(deleteCertificate),
	structs.CmdLeaseCertificate:       handle(leaseCertificate),
	structs.CmdReportCertificate:      handle(reportCertificate),
	structs.CmdRenewCertificate:       handle(renewCertificate),
	structs.CmdPutACMEFile:            handle(putACMEFile),
	structs.CmdDeleteACMEFile:         handle(deleteACMEFile),

	structs.CmdPutNamespace:            handle(putNamespace),
	structs.CmdDeleteNamespace:         handle(deleteNamespace),
	structs.CmdPutDiscoveryService:     handle(putDiscoveryService),
	structs.CmdDeleteDiscoveryService:  handle(deleteDiscoveryService),
	structs.CmdPutDiscoveryInstance:    handle(putDiscoveryInstance),
	structs.CmdDeleteDiscoveryInstance: handle(deleteDiscoveryInstance),
	structs.CmdSetDiscoveryHealth:      handle(setDiscoveryHealth),
}

// applyFunc applies commands of one type at a raft index.
type applyFunc[C structs.Command] func(tx *state.Tx, index uint64, cmd C) (key string, err error)

// handle returns the handler of a command that is encoded unchanged.
func handle[C structs.Command](apply applyFunc[C]) handler {
	return handlePacked(apply, func(c C) C { return c }, func(c C) (C, error) { return c, nil })
}

// handlePacked returns the handler of a command with a more compact form P in the log.
func handlePacked[C structs.Command, P any](apply applyFunc[C], pack func(C) P, unpack func(P) (C, error)) handler {
	return handler{
		pack: func(cmd structs.Command) (any, error) {
			c, ok := cmd.(C)
			if !ok {
				return nil, fmt.Errorf("%T is not %T; commands are passed by value", cmd, c)
			}
			return pack(c), nil
		},
		unpack: func(body []byte) (structs.Command, error) {
			var p P
			if err := decoding.Unmarshal(body, &p); err != nil {
				return nil, err
			}
			return unpack(p)
		},
		apply: func(tx *state.Tx, index uint64, cmd structs.Command) (string, error) {
			return apply(tx, index, cmd.(C))
		},
	}
}
