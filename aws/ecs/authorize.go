package ecs

import (
	"cmp"
	"context"
	"reflect"
	"strconv"
	"strings"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// resourceRule says which resources an action is on, for policies: a kind of resource, and the member of the request that names them.
type resourceRule struct{ kind, member string }

// resourceRules are those of IAM's list for ECS. Actions that are not here are on no resource in particular.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
var resourceRules = map[string]resourceRule{
	"DeleteCluster":                {kindCluster, "Cluster"},
	"DescribeClusters":             {kindCluster, "Clusters"},
	"UpdateCluster":                {kindCluster, "Cluster"},
	"UpdateClusterSettings":        {kindCluster, "Cluster"},
	"PutClusterCapacityProviders":  {kindCluster, "Cluster"},
	"DeregisterContainerInstance":  {kindCluster, "Cluster"},
	"ListContainerInstances":       {kindCluster, "Cluster"},
	"RegisterContainerInstance":    {kindCluster, "Cluster"},
	"SubmitAttachmentStateChanges": {kindCluster, "Cluster"},
	"SubmitContainerStateChange":   {kindCluster, "Cluster"},
	"SubmitTaskStateChange":        {kindCluster, "Cluster"},
	"ListAttributes":               {kindCluster, "Cluster"},

	"DeleteCapacityProvider":    {kindProvider, "CapacityProvider"},
	"DescribeCapacityProviders": {kindProvider, "CapacityProviders"},
	"UpdateCapacityProvider":    {kindProvider, "Name"},

	"RegisterTaskDefinition": {kindDefinition, "Family"},
	"DeleteTaskDefinitions":  {kindDefinition, "TaskDefinitions"},
	"RunTask":                {kindDefinition, "TaskDefinition"},
	"StartTask":              {kindDefinition, "TaskDefinition"},

	"DescribeTasks":        {kindTask, "Tasks"},
	"StopTask":             {kindTask, "Task"},
	"GetTaskProtection":    {kindTask, "Tasks"},
	"UpdateTaskProtection": {kindTask, "Tasks"},

	"DescribeContainerInstances":    {kindInstance, "ContainerInstances"},
	"UpdateContainerInstancesState": {kindInstance, "ContainerInstances"},
	"UpdateContainerAgent":          {kindInstance, "ContainerInstance"},
	"ListTasks":                     {kindInstance, "ContainerInstance"},
	"PutAttributes":                 {kindInstance, "Attributes"},
	"DeleteAttributes":              {kindInstance, "Attributes"},

	"CreateService":               {kindService, "ServiceName"},
	"DeleteService":               {kindService, "Service"},
	"DescribeServices":            {kindService, "Services"},
	"UpdateService":               {kindService, "Service"},
	"UpdateServicePrimaryTaskSet": {kindService, "Service"},
	"ListServiceDeployments":      {kindService, "Service"},

	"ContinueServiceDeployment":  {kindDeployment, "ServiceDeploymentArn"},
	"DescribeServiceDeployments": {kindDeployment, "ServiceDeploymentArns"},
	"StopServiceDeployment":      {kindDeployment, "ServiceDeploymentArn"},
	"DescribeServiceRevisions":   {kindRevision, "ServiceRevisionArns"},

	"CreateTaskSet":    {kindTaskSet, ""},
	"DeleteTaskSet":    {kindTaskSet, "TaskSet"},
	"DescribeTaskSets": {kindTaskSet, "TaskSets"},
	"UpdateTaskSet":    {kindTaskSet, "TaskSet"},

	"ListTagsForResource": {"", "ResourceArn"},
	"TagResource":         {"", "ResourceArn"},
	"UntagResource":       {"", "ResourceArn"},
}

// authorize asks whether the caller may do an action on what its request names.
func (c *call) authorize(ctx context.Context, operation string, request any) error {
	if control.CallerOf(ctx) == nil {
		return nil
	}
	resources, err := c.resourcesOf(ctx, operation, request)
	if err != nil {
		return err
	}
	if err := control.Authorize(ctx, "ecs:"+operation, resources...); err != nil {
		return err
	}
	return c.authorizeTags(ctx, operation, request)
}

func (c *call) resourcesOf(ctx context.Context, operation string, request any) (resources []string, err error) {
	rule, ok := resourceRules[operation]
	if !ok {
		return nil, nil
	}
	for _, text := range memberTexts(request, rule.member) {
		key, err := c.resourceKey(ctx, rule, request, text)
		if err != nil {
			return nil, err
		}
		resources = append(resources, c.arns.of(key))
	}
	return resources, nil
}

// all stands in the place of a name that is not known, in resources as in patterns.
const all = "*"

// memberTexts gives what a request names in a member; one empty text where it names nothing.
func memberTexts(request any, member string) []string {
	named := []string{""}
	if member == "" {
		return named
	}
	switch v := reflect.ValueOf(request).Elem().FieldByName(member).Interface().(type) {
	case string:
		named[0] = v
	case []string:
		if len(v) > 0 {
			named = v
		}
	case []structs.Attribute:
		if len(v) > 0 {
			named = named[:0]
		}
		for _, a := range v {
			named = append(named, a.TargetId)
		}
	}
	return named
}

// memberText gives what a request names in a member, which it may not have.
func memberText(request any, member string) string {
	if v := reflect.ValueOf(request).Elem().FieldByName(member); v.IsValid() {
		return v.String()
	}
	return ""
}

// resourceKey resolves a name as the action itself does, so that no way of writing it slips past a policy.
func (c *call) resourceKey(ctx context.Context, rule resourceRule, request any, text string) (structs.ResourceKey, error) {
	switch rule.kind {
	case kindCluster:
		name, err := c.arns.parseCluster(text)
		return clusterKey(name), err
	case kindProvider:
		name, err := c.arns.name(rule.member, cmp.Or(text, all), rule.kind)
		return rule.kind + "/" + name, err
	case kindDeployment, kindRevision:
		parts, err := c.arns.path(rule.member, cmp.Or(text, all), rule.kind, 3)
		return rule.kind + "/" + strings.Join(parts, "/"), err
	case kindDefinition:
		return c.definitionResource(ctx, rule, text)
	case kindTaskSet:
		return c.taskSetResource(rule, request, text)
	case "":
		if key, err := c.resource(ctx, text); err == nil {
			return key, nil
		}
		kind, rest, err := c.arns.split("resourceArn", text)
		return kind + "/" + rest, err // the action says that there is none
	}
	cluster, err := c.arns.parseCluster(memberText(request, "Cluster"))
	if err != nil {
		return "", err
	}
	id, err := c.arns.parseMember(rule.member, cmp.Or(text, all), rule.kind, cluster)
	return rule.kind + "/" + cluster + "/" + id, err
}

// definitionResource names the revision: of a family alone, the one that would be run.
func (c *call) definitionResource(ctx context.Context, rule resourceRule, text string) (structs.ResourceKey, error) {
	if rule.member == "Family" {
		return definitionKey(text + ":" + all), nil
	}
	key, err := c.arns.parseDefinition(rule.member, text)
	if err != nil {
		return "", err
	}
	if family, revision, ok := structs.SplitDefinitionKey(key); ok {
		return definitionKey(family + ":" + strconv.Itoa(int(revision))), nil
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return "", err
	}
	if d := v.LatestTaskDefinition(key); d != nil {
		return definitionKey(d.Key()), nil
	}
	return definitionKey(key + ":" + all), nil
}

func (c *call) taskSetResource(rule resourceRule, request any, text string) (structs.ResourceKey, error) {
	cluster, err := c.arns.parseCluster(memberText(request, "Cluster"))
	if err != nil {
		return "", err
	}
	service, err := c.arns.parseMember("service", memberText(request, "Service"), kindService, cluster)
	if err != nil {
		return "", err
	}
	set := all
	if text != "" {
		if set, err = c.arns.parseTaskSet(rule.member, text, cluster, service); err != nil {
			return "", err
		}
	}
	return kindTaskSet + "/" + cluster + "/" + service + "/" + set, nil
}
