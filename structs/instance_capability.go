package structs

import "strings"

// Attributes that an agent reports if its containers can have these (ECS's names): privileges,
// profiles of AppArmor, and labels of SELinux.
const (
	AttributePrivileged = capabilityOld + "privileged-container"
	AttributeAppArmor   = capabilityOld + "apparmor"
	AttributeSELinux    = capabilityOld + "selinux"
	// Containers get the keys of their task's role, the second one in network mode host.
	AttributeTaskRole     = capabilityOld + "task-iam-role"
	AttributeTaskRoleHost = capabilityOld + "task-iam-role-network-host"
)

// Capabilities returns the attributes that an instance must have to run tasks of a definition as it
// asks. Options that switch a security system off can be had everywhere.
func (d *TaskDefinition) Capabilities() []string {
	var a attributeNames
	a.add(d.TaskRoleArn != "" && d.NetworkMode != NetworkHost, AttributeTaskRole)
	a.add(d.TaskRoleArn != "" && d.NetworkMode == NetworkHost, AttributeTaskRoleHost)
	for i := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[i]
		a.add(deref(c.Privileged), AttributePrivileged)
		for _, option := range c.DockerSecurityOptions {
			name, value := SecurityOption(option)
			a.add(name == "apparmor" && value != "unconfined", AttributeAppArmor)
			a.add(name == "label" && value != "disable", AttributeSELinux)
		}
	}
	return a
}

// SecurityOption splits one of dockerSecurityOptions into its name and value. ECS's separator is a
// colon; engines take an equals sign too, and prefer it.
func SecurityOption(option string) (name, value string) {
	if at := strings.IndexAny(option, "=:"); at >= 0 {
		return option[:at], option[at+1:]
	}
	return option, ""
}
