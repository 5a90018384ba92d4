package structs

import (
	"slices"
	"strings"
)

// The prefixes of the attributes that ECS requires of a container instance.
const (
	capabilityOld = "com.amazonaws.ecs.capability."
	capability    = "ecs.capability."
)

// requiredAttributes returns the attributes that an instance needs for a definition according to
// published answers of ECS. Clients show them; placement does not depend on them. Nil means that
// nothing is needed; ECS then leaves the member out.
func (d *TaskDefinition) requiredAttributes() []Attribute {
	var a attributeNames
	a.add(d.TaskRoleArn != "" && d.NetworkMode != NetworkHost, AttributeTaskRole)
	a.add(d.TaskRoleArn != "" && d.NetworkMode == NetworkHost, AttributeTaskRoleHost)
	a.add(d.NetworkMode == NetworkAwsvpc, capability+"task-eni")
	a.remoteAPI(d.NetworkMode == NetworkAwsvpc, "1.18")
	a.add(d.PidMode != "" || d.IpcMode != "", capability+"pid-ipc-namespace-sharing")
	a.add(d.ProxyConfiguration != nil, capability+"aws-appmesh")
	a.add(d.EphemeralStorage != nil, capability+"extensible-ephemeral-storage")
	for _, v := range d.Volumes {
		efs := v.EfsVolumeConfiguration
		a.add(efs != nil, capability+"efs")
		a.add(efs != nil && efs.AuthorizationConfig != nil, capability+"efsAuth")
		a.remoteAPI(efs != nil, "1.25")
	}
	for i := range d.ContainerDefinitions {
		a.container(&d.ContainerDefinitions[i], d.ExecutionRoleArn != "")
	}
	var out []Attribute
	for _, name := range a {
		out = append(out, Attribute{Name: name})
	}
	return out
}

// attributeNames collects names, each once.
type attributeNames []string

func (a *attributeNames) add(needed bool, name string) {
	if needed && !slices.Contains(*a, name) {
		*a = append(*a, name)
	}
}

// remoteAPI adds the version of the engine's API in which a feature appeared.
func (a *attributeNames) remoteAPI(needed bool, version string) {
	a.add(needed, capabilityOld+"docker-remote-api."+version)
}

func (a *attributeNames) container(c *ContainerDefinition, hasRole bool) {
	ecr := strings.Contains(c.Image, ".dkr.ecr.")
	a.add(ecr, capabilityOld+"ecr-auth")
	a.add(ecr && hasRole, capability+"execution-role-ecr-pull")
	a.add(c.RepositoryCredentials != nil, capability+"private-registry-authentication.secretsmanager")
	a.add(deref(c.Privileged), capabilityOld+"privileged-container")
	a.remoteAPI(len(c.Ulimits) > 0 || len(c.DockerLabels) > 0, "1.18")
	a.add(len(c.DependsOn) > 0, capability+"container-ordering")
	a.add(len(c.EnvironmentFiles) > 0, capability+"env-files.s3")
	a.secrets(c.Secrets, "environment-variables")
	if h := c.HealthCheck; h != nil {
		a.add(true, capability+"container-health-check")
		a.remoteAPI(h.StartPeriod == nil, "1.24")
		a.remoteAPI(h.StartPeriod != nil, "1.29")
	}
	if f := c.FirelensConfiguration; f != nil {
		a.add(true, capability+"firelens."+f.Type)
	}
	if l := c.LogConfiguration; l != nil {
		a.logging(l, hasRole)
	}
}

func (a *attributeNames) logging(l *LogConfiguration, hasRole bool) {
	awslogs := l.LogDriver == logDriverAwslogs
	a.add(true, capabilityOld+"logging-driver."+l.LogDriver)
	a.add(awslogs && hasRole, capability+"execution-role-awslogs")
	a.remoteAPI(l.LogDriver != logDriverAwsfirelens, "1.19")
	a.remoteAPI(l.Options["mode"] != "" || l.Options["max-buffer-size"] != "", "1.28")
	a.remoteAPI(l.Options["awslogs-create-group"] != "", "1.29")
	a.secrets(l.SecretOptions, "bootstrap.log-driver")
}

// secrets adds the sources of secrets: Secrets Manager if its ARN is given, otherwise the parameter
// store.
func (a *attributeNames) secrets(list []Secret, use string) {
	for _, s := range list {
		from := "ssm"
		if strings.Contains(s.ValueFrom, ":secretsmanager:") {
			from = "asm"
		}
		a.add(true, capability+"secrets."+from+"."+use)
	}
}
