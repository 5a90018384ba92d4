package structs

import "strings"

// UnbuiltJobField returns what to do without a part of a job file that this version does not
// support yet; empty for every other name.
func UnbuiltJobField(name string) string {
	switch name {
	case "scaling":
		return "not built yet; change count by hand for now"
	case "schedule", "schedules":
		return "not built yet; run the file at its times by cron for now"
	}
	return ""
}

// jobFields maps ECS's names of fields to those of a job file.
var jobFields = strings.NewReplacer(
	"containerDefinitions", "containers", "placementConstraints", "placement.constraints", "placementStrategy", "placement.strategy",
	"deploymentConfiguration.deploymentCircuitBreaker: rollback needs enable", "update.rollback: it needs circuitBreaker",
	"deploymentConfiguration.deploymentCircuitBreaker.", "update.",
	"deploymentConfiguration.earlySuccessCriteria.sourceServiceRevisionCleanup", "update.earlySuccess.cleanup",
	"deploymentConfiguration.earlySuccessCriteria", "update.earlySuccess",
	"loadBalancers.advancedConfiguration.alternateTargetGroupArn", "loadBalancers.alternate.targetGroup",
	"loadBalancers.advancedConfiguration.productionListenerRule", "loadBalancers.alternate.productionRule",
	"loadBalancers.advancedConfiguration.testListenerRule", "loadBalancers.alternate.testRule",
	"loadBalancers.targetGroupArn", "loadBalancers.targetGroup", "target group with targetGroupArn", "target group",
	"Container Name can not be blank.", "loadBalancers.containerName: the job has more than one container; name one",
	"deploymentConfiguration.linearConfiguration.", "update.shift.", "deploymentConfiguration.canaryConfiguration.canaryPercent", "update.shift.stepPercent",
	"deploymentConfiguration.canaryConfiguration.canaryBakeTimeInMinutes", "update.shift.stepBakeTimeInMinutes",
	"deploymentConfiguration.strategy", "update.shift.strategy", "deploymentConfiguration.bakeTimeInMinutes", "update.shift.bakeTimeInMinutes",
	"networkConfiguration.awsvpcConfiguration", "network", "Network Configuration is", "network is",
	"deploymentConfiguration.lifecycleHooks", "update.shift.lifecycleHooks", "deploymentConfiguration.", "update.", "desiredCount", "count", "healthCheckGracePeriodSeconds", "health.gracePeriodSeconds",
)

// JobFieldNames replaces ECS's names of fields in a text by those of a job file.
func JobFieldNames(text string) string { return jobFields.Replace(text) }
