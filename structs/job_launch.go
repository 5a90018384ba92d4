package structs

import "slices"

// The launch types: what a definition can be valid for, and what a job can ask for instead of
// capacity providers. EC2 and EXTERNAL are the same here: every instance is a machine of one's own.
const (
	LaunchEC2      = "EC2"
	LaunchFargate  = "FARGATE"
	LaunchExternal = "EXTERNAL"
	LaunchManaged  = "MANAGED_INSTANCES"
)

// The platform version of FARGATE tasks (ECS).
const (
	PlatformLatest   = "LATEST"
	platformNewest   = "1.4.0" // what LATEST stands for; the first with EFS, more storage and more than 4 vCPUs
	PlatformLinux    = "Linux" // the platform family
	largestOfEarlier = 4096    // CPU units
)

// platformVersions are the platform versions of FARGATE for Linux, oldest first (ECS).
var platformVersions = []string{"1.0.0", "1.1.0", "1.2.0", "1.3.0", platformNewest}

// Strategy returns how the job's tasks are divided among capacity providers; empty if they are not.
// The launch type FARGATE means the provider of that name alone, so that both are one wish.
func (j *Job) Strategy() []CapacityProviderStrategyItem {
	if len(j.CapacityStrategy) == 0 && j.LaunchType == LaunchFargate {
		return []CapacityProviderStrategyItem{{CapacityProvider: ProviderFargate, Weight: 1}}
	}
	return j.CapacityStrategy
}

// OnFargate reports whether the job's tasks are FARGATE's, by launch type or by capacity provider.
// Either all or none of the providers of a strategy are.
func (j *Job) OnFargate() bool {
	strategy := j.Strategy()
	return len(strategy) > 0 && IsFargate(strategy[0].CapacityProvider)
}

// Launch returns the launch type of the job's tasks.
func (j *Job) Launch() string {
	switch {
	case j.OnFargate():
		return LaunchFargate
	case len(j.CapacityStrategy) == 0 && j.LaunchType != "":
		return j.LaunchType
	}
	return LaunchEC2
}

// Platform returns the platform version that the job asks for, and the one that its tasks have.
// Both are empty for tasks that are not FARGATE's.
func (j *Job) Platform() (asked, resolved string) {
	if !j.OnFargate() {
		return "", ""
	}
	if j.PlatformVersion == "" || j.PlatformVersion == PlatformLatest {
		return PlatformLatest, platformNewest
	}
	return j.PlatformVersion, j.PlatformVersion
}

// SameTasks reports whether two versions of a service ask for the same tasks in the same places.
// Otherwise the later one needs a deployment (ECS).
func (j *Job) SameTasks(o *Job) bool {
	return j.TaskDefinition == o.TaskDefinition && slices.Equal(j.CapacityStrategy, o.CapacityStrategy) &&
		j.LaunchType == o.LaunchType && j.PlatformVersion == o.PlatformVersion && j.Network.Same(o.Network) &&
		j.sameTraffic(o) &&
		j.sameExposure(o) && j.sameNames(o) &&
		j.sameTraffic(o)
}

// ValidateLaunch reports what is wrong with a job's launch type, platform version and network for a
// definition, in ECS's words if they are known. The definition is nil for a service whose task sets
// have their own.
func (j *Job) ValidateLaunch(d *TaskDefinition, sizes FargateSizes) error {
	for _, check := range []func(*TaskDefinition) *Error{j.validateLaunchType, j.validatePlatform, j.validateNetwork} {
		if err := check(d); err != nil {
			return err
		}
	}
	if j.LaunchType != LaunchFargate || d == nil {
		return nil
	}
	if why := d.validateFargate(sizes); why != nil {
		return Errorf(KindInvalidParameter, "%s (%s)", noLaunchType(j.LaunchType), why.Message)
	}
	if cpu, memory := d.Limits(j.Overrides); !sizes.Has(cpu, memory) {
		return Errorf(KindInvalidParameter, "%s", noFargateSize(cpu, memory))
	}
	return nil
}

func noLaunchType(launchType string) string {
	return "Task definition does not support launch_type " + launchType + "."
}

func (j *Job) validateLaunchType(d *TaskDefinition) *Error {
	switch {
	case len(j.CapacityStrategy) > 0 && j.LaunchType != "":
		return Errorf(KindInvalidParameter, "Specify either Launch Type or Capacity Provider Strategy, but not both.")
	case j.LaunchType == LaunchManaged:
		return Errorf(KindUnsupportedFeature, "this version of Gantry does not support launchType %s: it starts no machines; use EC2, FARGATE or EXTERNAL", j.LaunchType)
	case j.LaunchType == LaunchExternal && d != nil && !slices.Contains(d.CompatibleWith(FargateSizes{}), LaunchExternal):
		return Errorf(KindInvalidParameter, "%s (Its networkMode is awsvpc, or its ports have names.)", noLaunchType(j.LaunchType))
	case j.LaunchType != LaunchFargate:
		return nil
	case j.Type == JobDaemon:
		return Errorf(KindInvalidParameter, "The daemon scheduling strategy does not support the FARGATE launch type. Use EC2, or the REPLICA scheduling strategy.")
	case len(j.PlacementConstraints) > 0:
		return Errorf(KindInvalidParameter, "Placement constraints are not supported with FARGATE launch type.")
	case len(j.PlacementStrategy) > 0:
		return Errorf(KindInvalidParameter, "Placement strategies are not supported with FARGATE launch type.")
	}
	return nil
}

func (j *Job) validatePlatform(d *TaskDefinition) *Error {
	version := j.PlatformVersion
	switch {
	case version == "" || j.External():
		return nil
	case !j.OnFargate():
		return Errorf(KindInvalidParameter, "The platform version must be null when specifying an %s launch type.", j.Launch())
	case version == PlatformLatest:
		return nil
	case !slices.Contains(platformVersions, version):
		return Errorf(KindPlatformUnknown, "The specified platform version %s does not exist. Use LATEST or one of %v.", version, platformVersions)
	case version != platformNewest && d != nil && d.needsNewPlatform():
		return Errorf(KindPlatformIncompatible, "One or more of the requested capabilities are not supported.")
	}
	return nil
}

// needsNewPlatform reports whether a definition has something that only platform version 1.4.0 has.
func (d *TaskDefinition) needsNewPlatform() bool {
	cpu, _ := d.Limits(nil)
	return cpu > largestOfEarlier || d.EphemeralStorage != nil ||
		slices.ContainsFunc(d.Volumes, func(v Volume) bool { return v.EfsVolumeConfiguration != nil })
}
