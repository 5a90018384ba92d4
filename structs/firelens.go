package structs

import (
	"fmt"
	"slices"
)

// The kinds of FireLens routers.
const (
	FirelensFluentd   = "fluentd"
	FirelensFluentBit = "fluentbit"
)

// The options of a firelensConfiguration.
const (
	FirelensLogMetadata = "enable-ecs-log-metadata" // true (also if absent) or false
	FirelensConfigType  = "config-file-type"        // file or s3
	FirelensConfigValue = "config-file-value"       // a path in the container, or the ARN of an object
	FirelensConfigFile  = "file"
	FirelensConfigS3    = "s3"
)

// The variables with which containers find the router of their task, and its port.
const (
	FluentHost      = "FLUENT_HOST"
	FluentPort      = "FLUENT_PORT"
	FluentPortValue = "24224"
)

// IsRouter reports whether the container is a FireLens router.
func (c *ContainerDefinition) IsRouter() bool {
	return c.FirelensConfiguration != nil && c.FirelensConfiguration.Type != ""
}

// IsRouted reports whether the container's output goes to the FireLens router of its task.
func (c *ContainerDefinition) IsRouted() bool {
	return c.LogConfiguration != nil && c.LogConfiguration.LogDriver == logDriverAwsfirelens
}

// Router returns the FireLens router of the definition's tasks, or nil.
func (d *TaskDefinition) Router() *ContainerDefinition {
	at := slices.IndexFunc(d.ContainerDefinitions, func(c ContainerDefinition) bool { return c.IsRouter() })
	if at < 0 {
		return nil
	}
	return &d.ContainerDefinitions[at]
}

// FirelensVariable returns the variable of the router's environment that has the value of a secret
// log option of the n-th container. Its name is the one that ECS's agent gives.
func FirelensVariable(option string, n int) string { return fmt.Sprintf("%s_%d", option, n) }
