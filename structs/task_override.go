package structs

import "slices"

// Validate reports what is wrong with an override by itself. Whether its containers exist is
// checked elsewhere, against the definition.
func (o *TaskOverride) Validate() *Error {
	if o.EphemeralStorage.invalid() {
		return Errorf(KindInvalidParameter, "overrides.ephemeralStorage.sizeInGiB: %d is not between %d and %d",
			o.EphemeralStorage.SizeInGiB, minStorage, maxStorage)
	}
	for i, c := range o.ContainerOverrides {
		if deref(c.Cpu) < 0 {
			return Errorf(KindInvalidParameter, "overrides.containerOverrides[%d].cpu: %d is negative", i, *c.Cpu)
		}
		if c.Memory != nil && *c.Memory < minMemory {
			return Errorf(KindInvalidParameter, "overrides.containerOverrides[%d].memory: %d MiB is less than %d", i, *c.Memory, minMemory)
		}
		if c.MemoryReservation != nil && *c.MemoryReservation < minMemory {
			return Errorf(KindInvalidParameter, "overrides.containerOverrides[%d].memoryReservation: %d MiB is less than %d", i, *c.MemoryReservation, minMemory)
		}
		if message := invalidRequirements(c.ResourceRequirements); message != "" {
			return Errorf(KindInvalidParameter, "overrides.containerOverrides[%d].resourceRequirements%s", i, message)
		}
		if n := len(c.EnvironmentFiles); n > maxEnvironmentFiles {
			return Errorf(KindInvalidParameter, "overrides.containerOverrides[%d].environmentFiles: it has %d files; it can have at most %d", i, n, maxEnvironmentFiles)
		}
		for j, e := range c.Environment {
			if e.Name == "" {
				return Errorf(KindInvalidParameter, "overrides.containerOverrides[%d].environment[%d].name is required", i, j)
			}
		}
	}
	return nil
}

// Normalize returns the override without its empty lists, so that they do not override the
// definition (ECS). It does not modify the receiver.
func (o *TaskOverride) Normalize() *TaskOverride {
	if o == nil {
		return nil
	}
	out := *o
	out.ContainerOverrides = slices.Clone(o.ContainerOverrides)
	for i := range out.ContainerOverrides {
		c := &out.ContainerOverrides[i]
		if len(c.Command) == 0 {
			c.Command = nil
		}
		if len(c.EnvironmentFiles) == 0 {
			c.EnvironmentFiles = nil
		}
		if len(c.ResourceRequirements) == 0 {
			c.ResourceRequirements = nil
		}
	}
	return &out
}
