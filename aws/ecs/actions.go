package ecs

import "github.com/gantry-project/gantry/aws/protocol"

// actions are the operations that are built, by name.
func (s *service) actions() map[string]protocol.Action {
	return map[string]protocol.Action{
		"CreateCluster":         handle(s, (*call).createCluster),
		"DeleteCluster":         handle(s, (*call).deleteCluster),
		"DescribeClusters":      handle(s, (*call).describeClusters),
		"ListClusters":          handle(s, (*call).listClusters),
		"UpdateCluster":         handle(s, (*call).updateCluster),
		"UpdateClusterSettings": handle(s, (*call).updateClusterSettings),

		"CreateCapacityProvider":      handle(s, (*call).createCapacityProvider),
		"DeleteCapacityProvider":      handle(s, (*call).deleteCapacityProvider),
		"DescribeCapacityProviders":   handle(s, (*call).describeCapacityProviders),
		"PutClusterCapacityProviders": handle(s, (*call).putClusterCapacityProviders),
		"UpdateCapacityProvider":      handle(s, (*call).updateCapacityProvider),

		"DeleteTaskDefinitions":      handle(s, (*call).deleteTaskDefinitions),
		"DeregisterTaskDefinition":   handle(s, (*call).deregisterTaskDefinition),
		"DescribeTaskDefinition":     handle(s, (*call).describeTaskDefinition),
		"ListTaskDefinitionFamilies": handle(s, (*call).listTaskDefinitionFamilies),
		"ListTaskDefinitions":        handle(s, (*call).listTaskDefinitions),
		"RegisterTaskDefinition":     handle(s, (*call).registerTaskDefinition),

		"DescribeTasks": handle(s, (*call).describeTasks),
		"ListTasks":     handle(s, (*call).listTasks),
		"RunTask":       handle(s, (*call).runTask),
		"StartTask":     handle(s, (*call).startTask),
		"StopTask":      handle(s, (*call).stopTask),

		"DiscoverPollEndpoint":         handle(s, (*call).discoverPollEndpoint),
		"RegisterContainerInstance":    handle(s, (*call).registerContainerInstance),
		"SubmitAttachmentStateChanges": handle(s, (*call).submitAttachmentStateChanges),
		"SubmitContainerStateChange":   handle(s, (*call).submitContainerStateChange),
		"SubmitTaskStateChange":        handle(s, (*call).submitTaskStateChange),
		"UpdateContainerAgent":         handle(s, (*call).updateContainerAgent),

		"DeregisterContainerInstance":   handle(s, (*call).deregisterContainerInstance),
		"DescribeContainerInstances":    handle(s, (*call).describeContainerInstances),
		"ListContainerInstances":        handle(s, (*call).listContainerInstances),
		"UpdateContainerInstancesState": handle(s, (*call).updateContainerInstancesState),

		"DeleteAttributes": handle(s, (*call).deleteAttributes),
		"ListAttributes":   handle(s, (*call).listAttributes),
		"PutAttributes":    handle(s, (*call).putAttributes),

		"CreateService":           handle(s, (*call).createService),
		"DeleteService":           handle(s, (*call).deleteService),
		"DescribeServices":        handle(s, (*call).describeServices),
		"ListServices":            handle(s, (*call).listServices),
		"ListServicesByNamespace": handle(s, (*call).listServicesByNamespace),
		"UpdateService":           handle(s, (*call).updateService),

		"ContinueServiceDeployment":  handle(s, (*call).continueServiceDeployment),
		"DescribeServiceDeployments": handle(s, (*call).describeServiceDeployments),
		"DescribeServiceRevisions":   handle(s, (*call).describeServiceRevisions),
		"ListServiceDeployments":     handle(s, (*call).listServiceDeployments),
		"StopServiceDeployment":      handle(s, (*call).stopServiceDeployment),

		"CreateTaskSet":               handle(s, (*call).createTaskSet),
		"DeleteTaskSet":               handle(s, (*call).deleteTaskSet),
		"DescribeTaskSets":            handle(s, (*call).describeTaskSets),
		"UpdateServicePrimaryTaskSet": handle(s, (*call).updateServicePrimaryTaskSet),
		"UpdateTaskSet":               handle(s, (*call).updateTaskSet),

		"GetTaskProtection":    handle(s, (*call).getTaskProtection),
		"UpdateTaskProtection": handle(s, (*call).updateTaskProtection),

		"DeleteAccountSetting":     handle(s, (*call).deleteAccountSetting),
		"ListAccountSettings":      handle(s, (*call).listAccountSettings),
		"PutAccountSetting":        handle(s, (*call).putAccountSetting),
		"PutAccountSettingDefault": handle(s, (*call).putAccountSettingDefault),

		"ListTagsForResource": handle(s, (*call).listTagsForResource),
		"TagResource":         handle(s, (*call).tagResource),
		"UntagResource":       handle(s, (*call).untagResource),
	}
}
