package ecs

import "github.com/gantry-project/gantry/aws/protocol"

// actions are the operations that are built, by name.
func (s *service) actions() map[string]protocol.Action {
	return map[string]protocol.Action{
		"CreateCluster":    handle(s, (*call).createCluster),
		"DeleteCluster":    handle(s, (*call).deleteCluster),
		"DescribeClusters": handle(s, (*call).describeClusters),
		"ListClusters":     handle(s, (*call).listClusters),

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

		"DescribeContainerInstances": handle(s, (*call).describeContainerInstances),
		"ListContainerInstances":     handle(s, (*call).listContainerInstances),

		"ListTagsForResource": handle(s, (*call).listTagsForResource),
		"TagResource":         handle(s, (*call).tagResource),
		"UntagResource":       handle(s, (*call).untagResource),
	}
}
