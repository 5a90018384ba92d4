package ecs

import "github.com/gantry-project/gantry/structs"

// launchTypeOf returns the launch type of a task that was made for a job. A provider of the task's
// own decides; a task that was started on an instance by name has none.
func launchTypeOf(job *structs.Job, t *structs.Task) string {
	switch {
	case structs.IsFargate(t.CapacityProvider):
		return structs.LaunchFargate
	case t.CapacityProvider != "" || job == nil || t.Instance != "" && job.OnFargate():
		return structs.LaunchEC2
	}
	return job.Launch()
}

// showTaskLaunch shows the launch type of a task, its platform and its capacity provider. Tasks of
// the launch type FARGATE show no provider (ECS).
func showTaskLaunch(out *Task, job *structs.Job, t *structs.Task) {
	out.LaunchType, out.CapacityProviderName = launchTypeOf(job, t), t.CapacityProvider
	if job == nil || out.LaunchType != structs.LaunchFargate {
		return
	}
	out.PlatformFamily, out.PlatformVersion = platformOf(job)
	if job.LaunchType == structs.LaunchFargate {
		out.CapacityProviderName = ""
	}
}

// capacityOf returns a service's launch type or its capacity provider strategy. It has only one of
// them.
func capacityOf(job *structs.Job) (launchType string, strategy []structs.CapacityProviderStrategyItem) {
	if len(job.CapacityStrategy) > 0 {
		return "", job.CapacityStrategy
	}
	return job.Launch(), nil
}

// platformOf returns the platform of a service's tasks; empty if they are not FARGATE's.
func platformOf(job *structs.Job) (family, version string) {
	if _, version = job.Platform(); version != "" {
		family = structs.PlatformLinux
	}
	return family, version
}

// showLaunch shows where the tasks of a deployment run, given the service at its version.
func showLaunch(out *Deployment, job *structs.Job) {
	out.LaunchType, out.CapacityProviderStrategy = capacityOf(job)
	out.PlatformFamily, out.PlatformVersion = platformOf(job)
	out.NetworkConfiguration = shownNetwork(job.Network)
}

// awsvpcOf returns the network that a request asks for; nil if it asks for none.
func awsvpcOf(n *structs.NetworkConfiguration) *structs.AwsVpcConfiguration {
	if n == nil {
		return nil
	}
	return n.AwsvpcConfiguration
}

// shownNetwork is the reverse of awsvpcOf.
func shownNetwork(n *structs.AwsVpcConfiguration) *structs.NetworkConfiguration {
	if n == nil {
		return nil
	}
	return &structs.NetworkConfiguration{AwsvpcConfiguration: n}
}
