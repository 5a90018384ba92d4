package structs

// The health of a container or task (ECS).
const (
	Healthy       = "HEALTHY"
	Unhealthy     = "UNHEALTHY"
	HealthUnknown = "UNKNOWN"
)

// HasHealthCheck reports whether an essential container has a health check. If so, a task is up
// once it is HEALTHY, not once it is RUNNING.
func (d *TaskDefinition) HasHealthCheck() bool {
	for n := range d.ContainerDefinitions {
		if d.ContainerDefinitions[n].countsForHealth() {
			return true
		}
	}
	return false
}

// Health returns the worst health of the essential containers that have a health check; UNKNOWN is
// worse than HEALTHY. It is UNKNOWN if none has a health check (ECS).
func (t *Task) Health(d *TaskDefinition) string {
	checked, healthy := 0, 0
	for n := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[n]
		if !c.countsForHealth() {
			continue
		}
		checked++
		switch t.containerHealth(c.Name) {
		case Unhealthy:
			return Unhealthy
		case Healthy:
			healthy++
		}
	}
	if checked > 0 && healthy == checked {
		return Healthy
	}
	return HealthUnknown
}

func (c *ContainerDefinition) countsForHealth() bool {
	return c.HealthCheck.Checks() && c.IsEssential()
}

// ProvenAt returns when a RUNNING task without a health check will have been up long enough to
// count as healthy; zero for a task with a health check.
func (p *UpdatePolicy) ProvenAt(t *Task, d *TaskDefinition) Time {
	if d != nil && d.HasHealthCheck() {
		return 0
	}
	return t.StartedAt + Time(p.MinHealthySeconds)*1000
}

// IsHealthy reports whether a task of a service counts as healthy: it is RUNNING, and passes its
// health check or, without one, has been up for MinHealthySeconds.
func (p *UpdatePolicy) IsHealthy(t *Task, d *TaskDefinition, now Time) bool {
	switch {
	case t.LastStatus != TaskRunning:
		return false
	case d != nil && d.HasHealthCheck():
		return t.Health(d) == Healthy
	}
	return p.ProvenAt(t, d) <= now
}

// HealthySince returns when a task that IsHealthy became healthy; zero if that is not recorded.
func (p *UpdatePolicy) HealthySince(t *Task, d *TaskDefinition) Time {
	if d != nil && d.HasHealthCheck() {
		return t.HealthyAt
	}
	return p.ProvenAt(t, d)
}

func (t *Task) containerHealth(name string) string {
	for n := range t.Containers {
		if t.Containers[n].Name == name {
			return t.Containers[n].HealthStatus
		}
	}
	return ""
}
