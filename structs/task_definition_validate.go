package structs

import (
	"slices"
	"strconv"
)

const (
	// maxContainers is ECS's limit of containers in one definition.
	maxContainers = 10
	// maxName is ECS's limit of the length of family, cluster and container names.
	maxName = 255
)

// Validate reports what is wrong with a new definition, in ECS's words if they are known: clients
// match on them. Types and enums were checked at the door.
func (d *TaskDefinition) Validate() *Error { return d.ValidateFor(FargateSizes{}) }

// ValidateFor is Validate where FARGATE has other sizes than ECS's.
func (d *TaskDefinition) ValidateFor(sizes FargateSizes) *Error {
	if err := validateName("Family", d.Family); err != nil {
		return err
	}
	switch n := len(d.ContainerDefinitions); {
	case n == 0:
		return Errorf(KindClient, "Container list cannot be empty.")
	case n > maxContainers:
		return Errorf(KindClient, "Too many containers. A task definition can have at most %d, this one has %d.", maxContainers, n)
	}
	for _, check := range []func() *Error{
		d.validateContainers, d.validateAmounts, d.validateVolumes, d.validatePorts, d.validatePortRanges,
		d.validateDependencies, d.validateNetworkMode, d.validateSecrets, d.validateLogging, d.validatePlacement, d.validateStorage,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	if slices.Contains(d.RequiresCompatibilities, LaunchFargate) {
		return d.validateFargate(sizes)
	}
	return nil
}

func (d *TaskDefinition) validateContainers() *Error {
	names := map[string]bool{}
	essential := false
	for i := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[i]
		if err := c.validate(d); err != nil {
			return err
		}
		if names[c.Name] {
			return Errorf(KindClient, "Container name '%s' is used more than once. Give each container of a task definition its own name.", c.Name)
		}
		names[c.Name] = true
		essential = essential || c.IsEssential()
	}
	if !essential {
		return Errorf(KindClient, "At least one container must be essential. Set 'essential' to true for one of them, or leave it out.")
	}
	return nil
}

func (c *ContainerDefinition) validate(d *TaskDefinition) *Error {
	if err := validateName("Container.name", c.Name); err != nil {
		return err
	}
	if c.Image == "" {
		return Errorf(KindClient, "Container.image should not be null or empty.")
	}
	if c.Cpu < 0 {
		return c.invalid("'cpu' is %d; it cannot be negative.", c.Cpu)
	}
	if err := c.validateMemory(d.Memory != ""); err != nil {
		return err
	}
	for _, e := range c.Environment {
		if e.Name == "" {
			return c.invalid("The name of an environment variable should not be null or empty.")
		}
	}
	if t := deref(c.StopTimeout); t < 0 {
		return c.invalid("'stopTimeout' is %d; it is a number of seconds from 0.", t)
	}
	if t := deref(c.StartTimeout); t < 0 {
		return c.invalid("'startTimeout' is %d; it is a number of seconds from 0.", t)
	}
	if message := invalidRequirements(c.ResourceRequirements); message != "" {
		return c.invalid("'resourceRequirements'%s", message)
	}
	if err := c.validateEnvironmentFiles(); err != nil {
		return err
	}
	if err := c.validateRestart(); err != nil {
		return err
	}
	if err := c.validateLimits(d); err != nil {
		return err
	}
	return c.validateHealthCheck()
}

// validateHealthCheck checks the ranges of the ECS API reference. A check must name a program.
func (c *ContainerDefinition) validateHealthCheck() *Error {
	h := c.HealthCheck
	if h == nil {
		return nil
	}
	if h.Checks() {
		if _, err := h.Test(); err != nil {
			return c.invalid("'healthCheck.command' %v.", err)
		}
	}
	for _, r := range []struct {
		name     string
		value    *int32
		min, max int32
	}{
		{"interval", h.Interval, 5, 300}, {"timeout", h.Timeout, 2, 60}, {"retries", h.Retries, 1, 10}, {"startPeriod", h.StartPeriod, 0, 300},
	} {
		if r.value != nil && (*r.value < r.min || *r.value > r.max) {
			return c.invalid("'healthCheck.%s' is %d; it must be between %d and %d.", r.name, *r.value, r.min, r.max)
		}
	}
	return nil
}

func (c *ContainerDefinition) invalid(format string, args ...any) *Error {
	return Errorf(KindClient, "Invalid setting for container '%s'. "+format, append([]any{c.Name}, args...)...)
}

func (d *TaskDefinition) validateVolumes() *Error {
	known := map[string]bool{}
	for _, v := range d.Volumes {
		switch {
		case v.Name == "":
			return Errorf(KindClient, "Volume.name should not be null or empty.")
		case known[v.Name]:
			return Errorf(KindClient, "Volume name '%s' is used more than once.", v.Name)
		}
		known[v.Name] = true
	}
	for _, c := range d.ContainerDefinitions {
		for _, m := range c.MountPoints {
			switch {
			case !known[m.SourceVolume]:
				return Errorf(KindClient, "Unknown volume '%s'.", m.SourceVolume)
			case m.ContainerPath == "":
				return c.invalid("'mountPoints.containerPath' of volume '%s' should not be null or empty.", m.SourceVolume)
			}
		}
	}
	return nil
}

// validateName checks ECS's rule for names; field is ECS's name of the field.
func validateName(field, name string) *Error {
	switch {
	case name == "":
		return Errorf(KindClient, "%s should not be null or empty.", field)
	case !isName(name):
		return Errorf(KindClient, "%s contains invalid characters: %s. Use up to %d letters, digits, hyphens and underscores.",
			field, strconv.Quote(name), maxName)
	}
	return nil
}

// isName reports whether a text is 1 to 255 ASCII letters, digits, hyphens and underscores.
func isName(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}
