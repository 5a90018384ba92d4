package ecs

import (
	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
)

// actions returns the operations that are built, by name.
func actions(c *control.Control) map[string]protocol.Action {
	f := frame(c)
	return map[string]protocol.Action{
		"CreateCluster":         protocol.Handle(f, (*call).createCluster),
		"DeleteCluster":         protocol.Handle(f, (*call).deleteCluster),
		"DescribeClusters":      protocol.Handle(f, (*call).describeClusters),
		"ListClusters":          protocol.Handle(f, (*call).listClusters),
		"UpdateCluster":         protocol.Handle(f, (*call).updateCluster),
		"UpdateClusterSettings": protocol.Handle(f, (*call).updateClusterSettings),

		"CreateCapacityProvider":      protocol.Handle(f, (*call).createCapacityProvider),
		"DeleteCapacityProvider":      protocol.Handle(f, (*call).deleteCapacityProvider),
		"DescribeCapacityProviders":   protocol.Handle(f, (*call).describeCapacityProviders),
		"PutClusterCapacityProviders": protocol.Handle(f, (*call).putClusterCapacityProviders),
		"UpdateCapacityProvider":      protocol.Handle(f, (*call).updateCapacityProvider),

		"DeleteTaskDefinitions":      protocol.Handle(f, (*call).deleteTaskDefinitions),
		"DeregisterTaskDefinition":   protocol.Handle(f, (*call).deregisterTaskDefinition),
		"DescribeTaskDefinition":     protocol.Handle(f, (*call).describeTaskDefinition),
		"ListTaskDefinitionFamilies": protocol.Handle(f, (*call).listTaskDefinitionFamilies),
		"ListTaskDefinitions":        protocol.Handle(f, (*call).listTaskDefinitions),
		"RegisterTaskDefinition":     protocol.Handle(f, (*call).registerTaskDefinition),

		"DescribeTasks": protocol.Handle(f, (*call).describeTasks),
		"ListTasks":     protocol.Handle(f, (*call).listTasks),
		"RunTask":       protocol.Handle(f, (*call).runTask),
		"StartTask":     protocol.Handle(f, (*call).startTask),
		"StopTask":      protocol.Handle(f, (*call).stopTask),

		"DiscoverPollEndpoint":         protocol.Handle(f, (*call).discoverPollEndpoint),
		"RegisterContainerInstance":    protocol.Handle(f, (*call).registerContainerInstance),
		"SubmitAttachmentStateChanges": protocol.Handle(f, (*call).submitAttachmentStateChanges),
		"SubmitContainerStateChange":   protocol.Handle(f, (*call).submitContainerStateChange),
		"SubmitTaskStateChange":        protocol.Handle(f, (*call).submitTaskStateChange),
		"UpdateContainerAgent":         protocol.Handle(f, (*call).updateContainerAgent),

		"DeregisterContainerInstance":   protocol.Handle(f, (*call).deregisterContainerInstance),
		"DescribeContainerInstances":    protocol.Handle(f, (*call).describeContainerInstances),
		"ListContainerInstances":        protocol.Handle(f, (*call).listContainerInstances),
		"UpdateContainerInstancesState": protocol.Handle(f, (*call).updateContainerInstancesState),

		"DeleteAttributes": protocol.Handle(f, (*call).deleteAttributes),
		"ListAttributes":   protocol.Handle(f, (*call).listAttributes),
		"PutAttributes":    protocol.Handle(f, (*call).putAttributes),

		"CreateService":           protocol.Handle(f, (*call).createService),
		"DeleteService":           protocol.Handle(f, (*call).deleteService),
		"DescribeServices":        protocol.Handle(f, (*call).describeServices),
		"ListServices":            protocol.Handle(f, (*call).listServices),
		"ListServicesByNamespace": protocol.Handle(f, (*call).listServicesByNamespace),
		"UpdateService":           protocol.Handle(f, (*call).updateService),

		"ContinueServiceDeployment":  protocol.Handle(f, (*call).continueServiceDeployment),
		"DescribeServiceDeployments": protocol.Handle(f, (*call).describeServiceDeployments),
		"DescribeServiceRevisions":   protocol.Handle(f, (*call).describeServiceRevisions),
		"ListServiceDeployments":     protocol.Handle(f, (*call).listServiceDeployments),
		"StopServiceDeployment":      protocol.Handle(f, (*call).stopServiceDeployment),

		"CreateTaskSet":               protocol.Handle(f, (*call).createTaskSet),
		"DeleteTaskSet":               protocol.Handle(f, (*call).deleteTaskSet),
		"DescribeTaskSets":            protocol.Handle(f, (*call).describeTaskSets),
		"UpdateServicePrimaryTaskSet": protocol.Handle(f, (*call).updateServicePrimaryTaskSet),
		"UpdateTaskSet":               protocol.Handle(f, (*call).updateTaskSet),

		"CreateExpressGatewayService":   protocol.Handle(f, (*call).createExpressGatewayService),
		"DeleteExpressGatewayService":   protocol.Handle(f, (*call).deleteExpressGatewayService),
		"DescribeExpressGatewayService": protocol.Handle(f, (*call).describeExpressGatewayService),
		"UpdateExpressGatewayService":   protocol.Handle(f, (*call).updateExpressGatewayService),

		"ExecuteCommand": protocol.Handle(f, (*call).executeCommand),

		"AssociateGatewayWithCluster":    protocol.Handle(f, (*call).associateGatewayWithCluster),
		"CreateGateway":                  protocol.Handle(f, (*call).createGateway),
		"DeleteGateway":                  protocol.Handle(f, (*call).deleteGateway),
		"DescribeGateway":                protocol.Handle(f, (*call).describeGateway),
		"DescribeGatewayResources":       protocol.Handle(f, (*call).describeGatewayResources),
		"DescribeGatewayRoute":           protocol.Handle(f, (*call).describeGatewayRoute),
		"DisassociateGatewayFromCluster": protocol.Handle(f, (*call).disassociateGatewayFromCluster),
		"ListGatewayClusterAssociations": protocol.Handle(f, (*call).listGatewayClusterAssociations),
		"ListGatewayRoutes":              protocol.Handle(f, (*call).listGatewayRoutes),
		"ListGateways":                   protocol.Handle(f, (*call).listGateways),
		"UpdateGateway":                  protocol.Handle(f, (*call).updateGateway),

		"GetTaskProtection":    protocol.Handle(f, (*call).getTaskProtection),
		"UpdateTaskProtection": protocol.Handle(f, (*call).updateTaskProtection),

		"DeleteAccountSetting":     protocol.Handle(f, (*call).deleteAccountSetting),
		"ListAccountSettings":      protocol.Handle(f, (*call).listAccountSettings),
		"PutAccountSetting":        protocol.Handle(f, (*call).putAccountSetting),
		"PutAccountSettingDefault": protocol.Handle(f, (*call).putAccountSettingDefault),

		"ListTagsForResource": protocol.Handle(f, (*call).listTagsForResource),
		"TagResource":         protocol.Handle(f, (*call).tagResource),
		"UntagResource":       protocol.Handle(f, (*call).untagResource),
	}
}
