package structs

// Validate says what is wrong with an override in itself; whether its containers exist is for the definition to say.
func (o *TaskOverride) Validate() *Error {
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
		for j, e := range c.Environment {
			if e.Name == "" {
				return Errorf(KindInvalidParameter, "overrides.containerOverrides[%d].environment[%d].name is required", i, j)
			}
		}
	}
	return nil
}
