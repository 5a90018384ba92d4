package structs

import (
	"fmt"
	"slices"
	"strings"
)

// The log drivers of ECS that are not the engine's own.
const (
	logDriverAwslogs     = "awslogs"
	logDriverAwsfirelens = "awsfirelens"
)

// UnsupportedFeatures names each field of a definition, and of a job's override, that this
// version's agent cannot honor yet. Such definitions can be registered, but their tasks must be
// refused: a task never runs without something it asks for. Fields that only inform
// (executionRoleArn, appProtocol) are not included, nor are empty or unused ones.
func UnsupportedFeatures(d *TaskDefinition, o *TaskOverride) []string {
	var f features
	f.add(d.ProxyConfiguration != nil && d.ProxyConfiguration.ContainerName != "", "proxyConfiguration")
	f.add(slices.ContainsFunc(d.ContainerDefinitions, ContainerDefinition.hasAccelerator), "inferenceAccelerators")
	f.add(deref(d.EnableFaultInjection), "enableFaultInjection")
	if t := d.TrustedExecutionConfiguration; t != nil {
		f.add(t.IsolationMode != "" && t.IsolationMode != "SHARED" || t.AttestationPolicy != "", "trustedExecutionConfiguration")
	}
	if p := d.RuntimePlatform; p != nil {
		f.add(p.OperatingSystemFamily != "" && p.OperatingSystemFamily != "LINUX", "runtimePlatform.operatingSystemFamily "+p.OperatingSystemFamily)
	}
	for i, v := range d.Volumes {
		f.add(deref(v.ConfiguredAtLaunch) && d.Mounts(v.Name), fmt.Sprintf("volumes[%d].configuredAtLaunch", i))
	}
	for i := range d.ContainerDefinitions {
		f.container(fmt.Sprintf("containerDefinitions[%d].", i), &d.ContainerDefinitions[i])
	}
	if o != nil {
		f.override(o)
	}
	return f
}

// features collects names of fields.
type features []string

func (f *features) add(used bool, name string) {
	if used {
		*f = append(*f, name)
	}
}

func (f *features) container(at string, c *ContainerDefinition) {
	f.requirements(at, c.ResourceRequirements)
	f.add(len(c.CredentialSpecs) > 0, at+"credentialSpecs")
	f.add(slices.ContainsFunc(c.DockerSecurityOptions, func(o string) bool { return strings.HasPrefix(o, "credentialspec") }),
		at+"dockerSecurityOptions credentialspec")
	f.add(c.IsRouter() && c.FirelensConfiguration.Options[FirelensConfigType] == FirelensConfigS3,
		at+"firelensConfiguration.options."+FirelensConfigType+" s3")
	if l := c.LogConfiguration; l != nil {
		if l.LogDriver == logDriverAwslogs {
			for _, option := range unsupportedAwslogs(l.Options) {
				f.add(true, at+"logConfiguration.options "+option)
			}
		}
	}
}

func (c ContainerDefinition) hasAccelerator() bool {
	return slices.ContainsFunc(c.ResourceRequirements, func(r ResourceRequirement) bool { return r.Type == RequirementAccelerator })
}

// requirements adds unsupported resource types: all except GPU.
func (f *features) requirements(at string, list []ResourceRequirement) {
	for _, r := range list {
		if r.SharingStrategy != nil {
			f.add(true, at+"resourceRequirements.sharingStrategy")
			continue
		}
		_, ok := parseGPUs(r.Value)
		f.add(r.Type != RequirementGPU || !ok, at+"resourceRequirements "+r.Type+" "+r.Value)
	}
}

func (f *features) override(o *TaskOverride) {
	f.add(len(o.InferenceAcceleratorOverrides) > 0, "overrides.inferenceAcceleratorOverrides")
	for i, c := range o.ContainerOverrides {
		at := fmt.Sprintf("overrides.containerOverrides[%d].", i)
		f.requirements(at, c.ResourceRequirements)
	}
}
