package ecs

import (
	"context"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// tagRules has, for each action, the kind of new resource that gets the tags of its request.
var tagRules = map[string]string{
	"CreateCapacityProvider": kindProvider,
	"CreateGateway":          kindGateway, "CreateExpressGatewayService": kindService,
	"CreateCluster":             kindCluster,
	"CreateService":             kindService,
	"CreateTaskSet":             kindTaskSet,
	"RegisterContainerInstance": kindInstance,
	"RegisterTaskDefinition":    kindDefinition,
	"RunTask":                   kindTask,
	"StartTask":                 kindTask,
}

// authorizeTags asks whether the caller may tag the new resource, if its request has tags. That
// also takes ecs:TagResource on the new resource (ECS, "Grant permission to tag resources on
// creation").
func (a *authorization) authorizeTags(ctx context.Context, operation string) error {
	kind, makes := tagRules[operation]
	if !makes || len(a.tags()) == 0 {
		return nil
	}
	argument, named := a.texts(naming[kind])
	if kind == kindInstance || kind == kindTask {
		named[0] = "" // it has no name yet
	}
	key, err := a.key(kind, argument, named[0])
	if err != nil {
		return err
	}
	keys := structs.PolicyKeys{}
	keys.Set("aws:RequestedRegion", a.arns.Region)
	keys.Set("ecs:CreateAction", operation)
	for _, t := range a.tags() {
		keys.Set("aws:TagKeys", t.Key)
		keys.Set(structs.KeyRequestTag+t.Key, t.Value)
	}
	return control.AuthorizeAlso(ctx, "ecs:TagResource", control.Resource{ARN: a.arns.Of(key), Keys: keys})
}
