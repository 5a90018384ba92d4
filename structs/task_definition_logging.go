package structs

import (
	"slices"
	"strings"
)

// The options of the log driver awslogs that ECS checks.
const (
	awslogsGroup       = "awslogs-group"
	awslogsRegion      = "awslogs-region"
	awslogsCreateGroup = "awslogs-create-group"
)

// validateSecrets checks, in ECS's words, that a variable of the environment has one source, and
// that there is a role to read secrets with.
func (d *TaskDefinition) validateSecrets() *Error {
	for i := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[i]
		for n, s := range c.Secrets {
			variable := func(e KeyValuePair) bool { return e.Name == s.Name }
			earlier := func(e Secret) bool { return e.Name == s.Name }
			if slices.ContainsFunc(c.Environment, variable) || slices.ContainsFunc(c.Secrets[:n], earlier) {
				return Errorf(KindClient, "The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '%s'.", s.Name)
			}
		}
		secret := len(c.Secrets) > 0 || c.LogConfiguration != nil && len(c.LogConfiguration.SecretOptions) > 0
		if secret && d.ExecutionRoleArn == "" {
			return Errorf(KindClient, "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.")
		}
	}
	return nil
}

// validateLogging checks, in ECS's words, the options of awslogs, and that a FireLens router and
// its users come together.
func (d *TaskDefinition) validateLogging() *Error {
	var router, routed bool
	for i := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[i]
		router = router || c.FirelensConfiguration != nil && c.FirelensConfiguration.Type != ""
		if l := c.LogConfiguration; l != nil {
			routed = routed || l.LogDriver == logDriverAwsfirelens
			if err := l.validateAwslogs(); err != nil {
				return err
			}
		}
	}
	switch {
	case router && !routed:
		return Errorf(KindClient, "When a firelensConfiguration object is specified, at least one container has to be configured with the awsfirelens log driver.")
	case routed && !router:
		return Errorf(KindClient, "When awsfirelens log driver is specified in log configuration, a firelens configuration object must be configured in one of the containers.")
	}
	return nil
}

func (l *LogConfiguration) validateAwslogs() *Error {
	if l.LogDriver != logDriverAwslogs {
		return nil
	}
	var missing []string
	for _, option := range []string{awslogsRegion, awslogsGroup} {
		if _, given := l.Options[option]; !given {
			missing = append(missing, option)
		}
	}
	if len(missing) > 0 {
		return Errorf(KindClient, "Log driver awslogs requires options: %s", strings.Join(missing, ", "))
	}
	for _, option := range []string{awslogsRegion, awslogsGroup} {
		if l.Options[option] == "" {
			return Errorf(KindClient, "Log driver awslogs option '%s' should not be null or empty.", option)
		}
	}
	if create, given := l.Options[awslogsCreateGroup]; given && !strings.EqualFold(create, "true") {
		return Errorf(KindClient, "Log driver awslogs option '%s' should only be set to 'true', else omit option.", awslogsCreateGroup)
	}
	return nil
}

// validateNetworkMode checks, in ECS's words, what containers cannot have in a network namespace
// that they share.
func (d *TaskDefinition) validateNetworkMode() *Error {
	if d.NetworkMode != NetworkAwsvpc {
		return nil
	}
	for i := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[i]
		what := ""
		switch {
		case c.Hostname != "":
			what = "hostname is"
		case len(c.ExtraHosts) > 0:
			what = "Extra hosts are"
		case deref(c.DisableNetworking):
			what = "Disable Networking is"
		default:
			continue
		}
		return Errorf(KindClient, "%s not supported on container when networkMode=awsvpc.", what)
	}
	return nil
}
