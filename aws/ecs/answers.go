package ecs

import (
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// The values of include that Gantry knows (ECS).
const (
	includeTags           = "TAGS"
	clusterConfigurations = "CONFIGURATIONS"
	clusterSettings       = "SETTINGS"
	clusterStatistics     = "STATISTICS"
	includeHealth         = "CONTAINER_INSTANCE_HEALTH"
)

// includes holds what a caller wants to see in addition.
type includes []string

func (i includes) has(value string) bool { return slices.Contains(i, value) }

// tags returns the tags of a resource if they are asked for, and an empty list if not.
func (i includes) tags(v view, resource structs.ResourceKey) []structs.Tag {
	if !i.has(includeTags) {
		return []structs.Tag{}
	}
	return orEmpty(v.Tags(resource))
}

func missing(arn string) Failure { return Failure{Arn: arn, Reason: structs.FailMissing} }

func unsupported(what string) error {
	return structs.Errorf(structs.KindUnsupportedFeature, "this version of Gantry does not support %s", what)
}

func tooMany(argument string, most int) error {
	return structs.Errorf(structs.KindInvalidParameter, "%s can have at most %d items.", argument, most)
}

// orEmpty returns a list that is written as [] if it is empty.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
