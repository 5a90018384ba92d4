package structs

import (
	"maps"
	"slices"
	"strings"
)

// PolicyAction describes what a policy can state about an action.
type PolicyAction struct {
	// Resources are the kinds of resource that the action is on, as in
	// arn:aws:ecs:REGION:ACCOUNT:KIND/NAME; a call must be allowed on one of each. If empty, the
	// action is on AnyResource.
	Resources []string
	// Any means that the action is on the resource that the call names, whatever its kind.
	Any bool
	// Keys are the condition keys of the action, in addition to those of every action
	// (policy_keys.go).
	Keys []string
}

// actionRow is one line of the table: kinds and keys, each separated by blanks.
type actionRow struct{ resources, keys string }

const (
	anyKind     = "any"
	requestTags = " aws:RequestTag/ aws:TagKeys"
)

// ecsActions are the actions of ECS with their resources and condition keys, as AWS's Service
// Authorization Reference lists them. The keys that are missing here (ecs:subnet, ecs:task-cpu and
// others) are numbers, or are about features that Gantry does not have.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_ecs.html
var ecsActions = map[string]actionRow{
	"CreateCluster":               {"cluster", "ecs:capacity-provider" + requestTags},
	"DeleteCluster":               {"cluster", ""},
	"DeregisterContainerInstance": {"cluster", ""},
	"DescribeClusters":            {"cluster", ""},
	"ListAttributes":              {"cluster", ""},
	"ListClusters":                {"", ""},
	"ListContainerInstances":      {"cluster", ""},
	"PutClusterCapacityProviders": {"cluster", "ecs:capacity-provider"},
	"UpdateCluster":               {"cluster", ""},
	"UpdateClusterSettings":       {"cluster", ""},

	"CreateCapacityProvider":    {"capacity-provider", requestTags},
	"DeleteCapacityProvider":    {"capacity-provider", ""},
	"DescribeCapacityProviders": {"capacity-provider", ""},
	"UpdateCapacityProvider":    {"capacity-provider", ""},

	"DeleteTaskDefinitions":      {"task-definition", ""},
	"DeregisterTaskDefinition":   {"", ""},
	"DescribeTaskDefinition":     {"", ""},
	"ListTaskDefinitionFamilies": {"", ""},
	"ListTaskDefinitions":        {"", ""},
	"RegisterTaskDefinition":     {"task-definition", "ecs:compute-compatibility ecs:privileged" + requestTags},

	"DescribeTasks":        {"task", "ecs:cluster"},
	"ExecuteCommand":       {"cluster task", "ecs:cluster"},
	"GetTaskProtection":    {"task", "ecs:cluster"},
	"ListTasks":            {"container-instance", "ecs:cluster"},
	"RunTask":              {"task-definition", "ecs:cluster ecs:capacity-provider ecs:enable-ebs-volumes ecs:enable-execute-command" + requestTags},
	"StartTask":            {"task-definition", "ecs:cluster ecs:container-instances ecs:enable-ebs-volumes ecs:enable-execute-command" + requestTags},
	"StopTask":             {"task", "ecs:cluster"},
	"UpdateTaskProtection": {"task", "ecs:cluster"},

	"DeleteAttributes":              {"container-instance", "ecs:cluster"},
	"DescribeContainerInstances":    {"container-instance", "ecs:cluster"},
	"PutAttributes":                 {"container-instance", "ecs:cluster"},
	"UpdateContainerAgent":          {"container-instance", "ecs:cluster"},
	"UpdateContainerInstancesState": {"container-instance", "ecs:cluster"},

	"CreateExpressGatewayService":   {"service", "ecs:cluster" + requestTags},
	"CreateService":                 {"service", "ecs:cluster" + serviceKeys + requestTags},
	"DeleteExpressGatewayService":   {"service", "ecs:cluster"},
	"DeleteService":                 {"service", "ecs:cluster"},
	"DescribeExpressGatewayService": {"service", "ecs:cluster"},
	"DescribeServices":              {"service", "ecs:cluster"},
	"ListServiceDeployments":        {"service", "ecs:cluster"},
	"ListServices":                  {"", "ecs:cluster"},
	"ListServicesByNamespace":       {"", ""},
	"UpdateExpressGatewayService":   {"service", "ecs:cluster"},
	"UpdateService":                 {"service", "ecs:cluster" + serviceKeys},
	"UpdateServicePrimaryTaskSet":   {"service", "ecs:cluster"},

	"ContinueServiceDeployment":  {"service service-deployment", "ecs:cluster ecs:service"},
	"DescribeServiceDeployments": {"service service-deployment", "ecs:cluster ecs:service"},
	"DescribeServiceRevisions":   {"service service-revision", "ecs:cluster ecs:service"},
	"StopServiceDeployment":      {"service service-deployment", "ecs:cluster ecs:service"},

	"AssociateGatewayWithCluster":    {"cluster gateway", ""},
	"CreateGateway":                  {"gateway", requestTags},
	"DeleteGateway":                  {"gateway", ""},
	"DescribeGateway":                {"gateway", ""},
	"DescribeGatewayResources":       {"gateway", ""},
	"DescribeGatewayRoute":           {"gateway-route", ""},
	"DisassociateGatewayFromCluster": {"cluster gateway", ""},
	"ListGatewayClusterAssociations": {"", ""},
	"ListGatewayRoutes":              {"", ""},
	"ListGateways":                   {"", ""},
	"UpdateGateway":                  {"gateway", ""},

	"CreateTaskSet":    {"task-set", "ecs:cluster ecs:service ecs:capacity-provider ecs:task-definition" + requestTags},
	"DeleteTaskSet":    {"task-set", "ecs:cluster ecs:service"},
	"DescribeTaskSets": {"task-set", "ecs:cluster ecs:service"},
	"UpdateTaskSet":    {"task-set", "ecs:cluster ecs:service"},

	"ListTagsForResource": {anyKind, ""},
	"TagResource":         {anyKind, "ecs:CreateAction" + requestTags},
	"UntagResource":       {anyKind, "aws:TagKeys"},

	"DeleteAccountSetting":     {"", "ecs:account-setting"},
	"ListAccountSettings":      {"", ""},
	"PutAccountSetting":        {"", "ecs:account-setting"},
	"PutAccountSettingDefault": {"", "ecs:account-setting"},

	"DiscoverPollEndpoint":         {"", ""},
	"RegisterContainerInstance":    {"cluster", requestTags},
	"SubmitAttachmentStateChanges": {"cluster", ""},
	"SubmitContainerStateChange":   {"cluster", ""},
	"SubmitTaskStateChange":        {"cluster", ""},
}

const serviceKeys = " ecs:capacity-provider ecs:task-definition ecs:enable-ebs-volumes ecs:enable-execute-command ecs:enable-service-connect" +
	" ecs:enable-vpc-lattice ecs:enable-ecs-managed-tags ecs:propagate-tags"

// gantryActions are the actions of the native API. They have no condition keys of their own.
var gantryActions = strings.Fields(`AssumeRole Bootstrap CreateAccessKey DeleteRole DescribeBucket DescribeEvaluation DescribeJob DescribeRole DescribeServer
	DescribeVolume EndEvaluation ExecTask LeaveServer ListAccessKeys ListBuckets ListCertificates ListEvaluations ListInstances ListJobs ListLoadBalancers ListMembers
	ListRoles ListTasks ListVolumes MapBucket MapVolume NextEvaluation PlanJob PutJob PutPlan PutRole ReadLogs ReadTraffic RestoreSnapshot
	RevokeAccessKey RotateGossipKey RotateSecretKey SaveSnapshot Simulate StopJob UnmapBucket UnmapVolume`)

// policyServices are the services whose actions can appear in policies.
var policyServices = []string{"acm", "ec2", "ecs", "elasticloadbalancing", "gantry", "iam", "logs", "s3", "secretsmanager", "servicediscovery", "ssm", "sts"}

// otherActions are the actions of AWS's other services, with their resources and condition keys.
// https://docs.aws.amazon.com/service-authorization/latest/reference/
var otherActions = together(elbActions, iamActions, discoveryActions, map[string]actionRow{
	"acm:AddTagsToCertificate":      {"certificate", requestTags},
	"acm:DeleteCertificate":         {"certificate", ""},
	"acm:DescribeCertificate":       {"certificate", ""},
	"acm:ExportCertificate":         {"certificate", ""},
	"acm:GetCertificate":            {"certificate", ""},
	"acm:ImportCertificate":         {"certificate", requestTags},
	"acm:ListCertificates":          {"", ""},
	"acm:ListTagsForCertificate":    {"certificate", ""},
	"acm:RemoveTagsFromCertificate": {"certificate", requestTags},
	"acm:RenewCertificate":          {"certificate", ""},
	"acm:RequestCertificate":        {"certificate", requestTags},
	"acm:UpdateCertificateOptions":  {"certificate", ""},

	"ec2:DescribeInstances":         {"", ""},
	"ec2:DescribeNetworkInterfaces": {"", ""},

	"logs:CreateLogGroup":        {"log-group", requestTags},
	"logs:CreateLogStream":       {"log-group", ""},
	"logs:DeleteLogGroup":        {"log-group", ""},
	"logs:DeleteLogStream":       {"log-group", ""},
	"logs:DeleteRetentionPolicy": {"log-group", ""},
	"logs:DescribeLogGroups":     {"log-group", ""},
	"logs:DescribeLogStreams":    {"log-group", ""},
	"logs:FilterLogEvents":       {"log-group", ""},
	"logs:GetLogEvents":          {"log-group", ""},
	"logs:ListTagsForResource":   {"log-group", ""},
	"logs:ListTagsLogGroup":      {"log-group", ""},
	"logs:PutLogEvents":          {"log-group", ""},
	"logs:PutRetentionPolicy":    {"log-group", ""},
	"logs:TagLogGroup":           {"log-group", requestTags},
	"logs:TagResource":           {"log-group", requestTags},
	"logs:UntagLogGroup":         {"log-group", " aws:TagKeys"},
	"logs:UntagResource":         {"log-group", " aws:TagKeys"},

	// of buckets, for environment files
	"s3:GetBucketLocation": {anyKind, ""},
	"s3:GetObject":         {anyKind, ""},

	"secretsmanager:BatchGetSecretValue":      {"", ""},
	"secretsmanager:CreateSecret":             {"secret", requestTags},
	"secretsmanager:DeleteSecret":             {"secret", ""},
	"secretsmanager:DescribeSecret":           {"secret", ""},
	"secretsmanager:GetRandomPassword":        {"", ""},
	"secretsmanager:GetResourcePolicy":        {"secret", ""},
	"secretsmanager:GetSecretValue":           {"secret", ""},
	"secretsmanager:ListSecretVersionIds":     {"secret", ""},
	"secretsmanager:ListSecrets":              {"", ""},
	"secretsmanager:PutSecretValue":           {"secret", ""},
	"secretsmanager:RestoreSecret":            {"secret", ""},
	"secretsmanager:TagResource":              {"secret", requestTags},
	"secretsmanager:UntagResource":            {"secret", " aws:TagKeys"},
	"secretsmanager:UpdateSecret":             {"secret", ""},
	"secretsmanager:UpdateSecretVersionStage": {"secret", ""},

	"ssm:AddTagsToResource":       {"parameter", requestTags},
	"ssm:DeleteParameter":         {"parameter", ""},
	"ssm:DeleteParameters":        {"parameter", ""},
	"ssm:DescribeParameters":      {"", ""},
	"ssm:GetParameter":            {"parameter", ""},
	"ssm:GetParameterHistory":     {"parameter", ""},
	"ssm:GetParameters":           {"parameter", ""},
	"ssm:GetParametersByPath":     {"parameter", ""},
	"ssm:LabelParameterVersion":   {"parameter", ""},
	"ssm:ListTagsForResource":     {"parameter", ""},
	"ssm:PutParameter":            {"parameter", requestTags},
	"ssm:ResumeSession":           {"session", ""},
	"ssm:StartSession":            {"task", ""},
	"ssm:TerminateSession":        {"session", ""},
	"ssm:RemoveTagsFromResource":  {"parameter", " aws:TagKeys"},
	"ssm:UnlabelParameterVersion": {"parameter", ""},

	actionForAll: {"", ""},
})

// together returns the rows of several tables.
func together(tables ...map[string]actionRow) map[string]actionRow {
	all := map[string]actionRow{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

// actionForAll is the action that everyone is allowed, regardless of policy (AWS).
const actionForAll = "sts:GetCallerIdentity"

// ECSAction returns what a policy can state about an ECS action, and whether there is an action of
// that name (such as RunTask).
func ECSAction(name string) (PolicyAction, bool) {
	row, ok := ecsActions[name]
	return row.action(), ok
}

// ActionOf returns what a policy can state about an action, SERVICE:NAME; nothing if there is no
// such action.
func ActionOf(action string) PolicyAction {
	if name, isECS := strings.CutPrefix(action, "ecs:"); isECS {
		return ecsActions[name].action()
	}
	return otherActions[action].action()
}

func (r actionRow) action() PolicyAction {
	action := PolicyAction{Any: r.resources == anyKind, Keys: strings.Fields(r.keys)}
	if !action.Any {
		action.Resources = strings.Fields(r.resources)
	}
	return action
}

// actionsOf returns the actions that a pattern of a statement matches, and whether it is one
// action's exact name.
func actionsOf(pattern string) (found []string, exact bool) {
	for _, name := range slices.Sorted(maps.Keys(ecsActions)) {
		found = append(found, "ecs:"+name)
	}
	found = slices.AppendSeq(found, maps.Keys(otherActions))
	for _, name := range gantryActions {
		found = append(found, "gantry:"+name)
	}
	slices.Sort(found)
	found = slices.DeleteFunc(found, func(action string) bool { return !matches(strings.ToLower(pattern), strings.ToLower(action)) })
	return found, !strings.ContainsAny(pattern, "*?")
}
