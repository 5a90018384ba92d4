package ecs

import (
	"cmp"
	"context"
	"reflect"
	"strconv"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// naming has, by kind, the members of requests that name a resource. The first one that a request
// has is used.
var naming = map[string][]string{
	kindCluster:    {"Cluster", "Clusters", "ClusterName"},
	kindInstance:   {"ContainerInstance", "ContainerInstances", "Attributes"},
	kindTask:       {"Task", "Tasks"},
	kindDefinition: {"TaskDefinition", "TaskDefinitions", "Family"},
	kindService:    {"Service", "Services", "ServiceName", "ServiceArn", "ServiceDeploymentArn", "ServiceDeploymentArns", "ServiceRevisionArns"},
	kindDeployment: {"ServiceDeploymentArn", "ServiceDeploymentArns"},
	kindRevision:   {"ServiceRevisionArns"},
	kindProvider:   {"CapacityProvider", "CapacityProviders", "Name"},
	kindTaskSet:    {"TaskSet", "TaskSets"},
	kindGateway:    {"Gateway", "Name"},

	kindGatewayRoute: {"GatewayRouteArn"},
}

// all stands for a name that is not known, in resources as in patterns.
const all = "*"

// authorize asks whether the caller may carry out an action on the resources that its request
// names. structs.ECSAction lists the resources and condition keys of each action.
func (c *call) authorize(ctx context.Context, r *protocol.Request, request any) error {
	if control.CallerOf(ctx) == nil {
		return nil
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return err
	}
	action, _ := structs.ECSAction(r.Operation)
	asked := &authorization{call: c, view: v, request: reflect.ValueOf(request).Elem()}
	resources, err := asked.resources(ctx, action)
	if err != nil {
		return err
	}
	keys, err := asked.keys(action)
	if err != nil {
		return err
	}
	var of []control.Resource
	for _, key := range resources {
		of = append(of, asked.resource(key, action, keys))
	}
	if len(of) == 0 {
		of = []control.Resource{{ARN: structs.AnyResource, Keys: keys}}
	}
	if err := control.Authorize(ctx, r.Action(), of...); err != nil {
		return err
	}
	if err := asked.authorizeTags(ctx, r.Operation); err != nil {
		return err
	}
	return asked.authorizeRoles(ctx, r.Operation)
}

// authorization is one request that is being authorized.
type authorization struct {
	*call
	view interface {
		view
		LatestTaskDefinition(family string) *structs.TaskDefinition
	}
	request reflect.Value // of a request's struct
}

// texts returns the names in the first of the members that the request has, and the member as the
// API spells it. If the request names nothing, there is one empty text.
func (a *authorization) texts(members []string) (argument string, named []string) {
	for _, member := range members {
		field := a.request.FieldByName(member)
		if !field.IsValid() {
			continue
		}
		switch v := field.Interface().(type) {
		case string:
			named = []string{v}
		case []string:
			named = v
		case []structs.Attribute:
			for _, attribute := range v {
				named = append(named, attribute.TargetId)
			}
		}
		argument = strings.ToLower(member[:1]) + member[1:]
		break
	}
	if len(named) == 0 {
		named = []string{""}
	}
	return argument, named
}

// text returns the name in a member; empty if the request does not have it.
func (a *authorization) text(member string) string {
	_, named := a.texts([]string{member})
	return named[0]
}

// resources resolves all resources that the request is on.
func (a *authorization) resources(ctx context.Context, action structs.PolicyAction) (out []structs.ResourceKey, err error) {
	if action.Any {
		key, err := a.tagged(ctx, a.text("ResourceArn"))
		return []structs.ResourceKey{key}, err
	}
	for _, kind := range action.Resources {
		argument, named := a.texts(naming[kind])
		for _, text := range named {
			key, err := a.key(kind, argument, text)
			if err != nil {
				return nil, err
			}
			out = append(out, key)
		}
	}
	return out, nil
}

// tagged resolves the ARN of a call on tags.
func (a *authorization) tagged(ctx context.Context, arn string) (structs.ResourceKey, error) {
	if key, err := a.call.resource(ctx, arn); err == nil {
		return key, nil
	}
	kind, rest, err := a.arns.Split("resourceArn", arn)
	return kind + "/" + rest, err // the action reports that it does not exist
}

// key resolves a name as the action itself does, so that no spelling of it evades a policy.
func (a *authorization) key(kind, argument, text string) (structs.ResourceKey, error) {
	switch {
	case kind == kindCluster:
		name, err := a.arns.parseCluster(text)
		return structs.ClusterKey(name), err
	case kind == kindProvider:
		name, err := a.arns.name(argument, cmp.Or(text, all), kind)
		return structs.CapacityProviderKey(name), err
	case kind == kindGateway:
		name, err := a.arns.name(argument, cmp.Or(text, all), kind)
		return structs.GatewayKey(name), err
	case kind == kindGatewayRoute:
		parts, err := a.arns.Path(argument, cmp.Or(text, all), kind, 3)
		return kindGatewayRoute + "/" + strings.Join(parts, "/"), err
	case kind == kindDefinition:
		return a.definition(argument, text)
	case kind == kindTaskSet:
		return a.taskSet(argument, text)
	case argument == "serviceArn":
		cluster, name, err := a.expressName(cmp.Or(text, all))
		return structs.ServiceKey(cluster, name), err
	case strings.HasPrefix(argument, "serviceDeployment"), strings.HasPrefix(argument, "serviceRevision"):
		return a.ofDeployment(kind, argument, text)
	}
	cluster, err := a.arns.parseCluster(a.text("Cluster"))
	if err != nil {
		return "", err
	}
	id, err := a.arns.parseMember(argument, cmp.Or(text, all), kind, cluster)
	return kind + "/" + cluster + "/" + id, err
}

// ofDeployment resolves the ARN of a service deployment or revision, to itself or to its service.
func (a *authorization) ofDeployment(kind, argument, text string) (structs.ResourceKey, error) {
	named := kindDeployment
	if strings.HasPrefix(argument, "serviceRevision") {
		named = kindRevision
	}
	parts, err := a.arns.Path(argument, cmp.Or(text, all+"/"+all+"/"+all), named, 3)
	if err != nil {
		return "", err
	}
	if kind == kindService && len(parts) == 3 {
		parts = parts[:2]
	}
	return kind + "/" + strings.Join(parts, "/"), nil
}

// definition names a revision. For a family alone, that is the one that would run, or all of them
// if the family is being registered.
func (a *authorization) definition(argument, text string) (structs.ResourceKey, error) {
	if argument == "family" {
		return structs.TaskDefinitionKey(text + ":" + all), nil
	}
	key, err := a.arns.parseDefinition(argument, cmp.Or(text, all))
	if err != nil {
		return "", err
	}
	if family, revision, ok := structs.SplitDefinitionKey(key); ok {
		return structs.TaskDefinitionKey(family + ":" + strconv.Itoa(int(revision))), nil
	}
	if d := a.view.LatestTaskDefinition(key); d != nil {
		return structs.TaskDefinitionKey(d.Key()), nil
	}
	return structs.TaskDefinitionKey(key + ":" + all), nil
}

func (a *authorization) taskSet(argument, text string) (structs.ResourceKey, error) {
	cluster, err := a.arns.parseCluster(a.text("Cluster"))
	if err != nil {
		return "", err
	}
	service, err := a.arns.parseMember("service", cmp.Or(a.text("Service"), all), kindService, cluster)
	if err != nil {
		return "", err
	}
	set := all
	if text != "" {
		if set, err = a.arns.parseTaskSet(argument, text, cluster, service); err != nil {
			return "", err
		}
	}
	return kindTaskSet + "/" + cluster + "/" + service + "/" + set, nil
}
