package ecs

import (
	"strings"
	"unicode/utf8"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

// serviceGroup is the prefix of the group of every task of a service. Listings and placement
// constraints know a service's tasks by it, so no other task may have it (ECS).
const serviceGroup = "service:"

// checkRunTask checks the rules of RunTask that the API model does not state. It refuses by name
// what this version cannot do: nothing that a caller asks for is silently left out.
func checkRunTask(in *RunTaskRequest) error {
	if in.LaunchType != "" && len(in.CapacityProviderStrategy) > 0 {
		return structs.Errorf(structs.KindInvalidParameter, "Specify either Launch Type or Capacity Provider Strategy, but not both.")
	}
	if in.Count != nil {
		switch n := *in.Count; {
		case n > maxRunCount:
			return structs.Errorf(structs.KindInvalidParameter, "Task count can not be greater than %d.", maxRunCount)
		case n < 1:
			return structs.Errorf(structs.KindInvalidParameter, "Task count can not be less than 1.")
		}
	}
	if n := utf8.RuneCountInString(in.ClientToken); n > maxClientToken {
		return structs.Errorf(structs.KindInvalidParameter, "clientToken has %d characters; it can have at most %d.", n, maxClientToken)
	}
	return firstError(
		checkPlacedTask(in.Group, in.PropagateTags, in.StartedBy, in.Tags),
		refuse(len(in.VolumeConfigurations) > 0, "volumeConfigurations"),
	)
}

// checkPlacedTask checks the rules that RunTask and StartTask share.
func checkPlacedTask(group, propagateTags, startedBy string, tags []structs.Tag) error {
	if strings.HasPrefix(group, serviceGroup) {
		return structs.Errorf(structs.KindInvalidParameter,
			"Invalid namespace for group. group: '%s' begins with '%s', which the tasks of services have; use another.", group, serviceGroup)
	}
	if propagateTags == "SERVICE" {
		return structs.Errorf(structs.KindInvalidParameter, "propagateTags: SERVICE is only for services; use %s, or leave it out", structs.PropagateFromDefinition)
	}
	if n := utf8.RuneCountInString(startedBy); n > maxStartedBy {
		return structs.Errorf(structs.KindInvalidParameter, "startedBy has %d characters; it can have at most %d.", n, maxStartedBy)
	}
	return protocol.CheckTags("tags", tags)
}

func refuse(asked bool, what string) error {
	if asked {
		return unsupported(what)
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
