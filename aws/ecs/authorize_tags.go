package ecs

import (
	"context"
	"reflect"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// tagRules say on which new resource an action puts the tags of its request. What has no name before it is made is asked about as *.
var tagRules = map[string]resourceRule{
	"CreateCapacityProvider":    {kindProvider, "Name"},
	"CreateCluster":             {kindCluster, "ClusterName"},
	"CreateService":             {kindService, "ServiceName"},
	"CreateTaskSet":             {kindTaskSet, ""},
	"RegisterContainerInstance": {kindInstance, ""},
	"RegisterTaskDefinition":    {kindDefinition, "Family"},
	"RunTask":                   {kindTask, ""},
	"StartTask":                 {kindTask, ""},
}

// authorizeTags asks whether the caller may tag what an action makes, where its request has tags: that takes ecs:TagResource on
// the new resource too (ECS, "Grant permission to tag resources on creation").
func (c *call) authorizeTags(ctx context.Context, operation string, request any) error {
	rule, makes := tagRules[operation]
	if !makes {
		return nil
	}
	if tags := reflect.ValueOf(request).Elem().FieldByName("Tags").Interface().([]structs.Tag); len(tags) == 0 {
		return nil
	}
	key, err := c.resourceKey(ctx, rule, request, memberTexts(request, rule.member)[0])
	if err != nil {
		return err
	}
	return control.AuthorizeAlso(ctx, "ecs:TagResource", c.arns.of(key))
}
