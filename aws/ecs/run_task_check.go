package ecs

import (
	"unicode/utf8"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// checkRunTask holds the rules of RunTask that the API model does not state, and refuses by name what this version
// cannot do: what a caller asks for is never quietly left out.
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
		checkPlatformVersion(in.PlatformVersion, in.LaunchType, in.CapacityProviderStrategy),
		checkPlacedTask(in.PropagateTags, in.StartedBy, in.Tags),
		refuse(in.LaunchType != "" && in.LaunchType != structs.LaunchEC2, "launchType "+in.LaunchType),
		refuse(in.EnableExecuteCommand, "enableExecuteCommand"),
		refuse(hasNetwork(in.NetworkConfiguration), "networkConfiguration"),
		refuse(len(in.VolumeConfigurations) > 0, "volumeConfigurations"),
	)
}

// checkPlatformVersion: machines have no platform version, nor have those that stand for FARGATE here.
func checkPlatformVersion(version, launchType string, strategy []structs.CapacityProviderStrategyItem) error {
	switch {
	case version == "":
		return nil
	case len(strategy) > 0 && structs.IsFargate(strategy[0].CapacityProvider):
		return unsupported("platformVersion " + version)
	case launchType == "" || launchType == structs.LaunchEC2:
		return structs.Errorf(structs.KindInvalidParameter, "The platform version must be null when specifying an EC2 launch type.")
	}
	return nil
}

// checkPlacedTask holds the rules that RunTask and StartTask share.
func checkPlacedTask(propagateTags, startedBy string, tags []structs.Tag) error {
	if propagateTags == "SERVICE" {
		return structs.Errorf(structs.KindInvalidParameter, "propagateTags: SERVICE is only for services; use %s, or leave it out", control.PropagateFromDefinition)
	}
	if n := utf8.RuneCountInString(startedBy); n > maxStartedBy {
		return structs.Errorf(structs.KindInvalidParameter, "startedBy has %d characters; it can have at most %d.", n, maxStartedBy)
	}
	return checkTags("tags", tags)
}

// hasNetwork reports whether a network configuration asks for anything.
func hasNetwork(n *structs.NetworkConfiguration) bool {
	return n != nil && n.AwsvpcConfiguration != nil
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
