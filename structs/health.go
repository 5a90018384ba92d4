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

// IsChecked reports whether the health of a task is checked, by its essential containers' health
// checks or by target groups.
func (t *Task) IsChecked(d *TaskDefinition) bool {
	return len(t.Targets) > 0 || d != nil && d.HasHealthCheck()
}

// FullHealth returns the worst health of a task's containers and targets, of those that are
// checked; UNKNOWN is worse than HEALTHY. It is UNKNOWN if nothing is checked.
func (t *Task) FullHealth(d *TaskDefinition) string {
	if !t.IsChecked(d) {
		return HealthUnknown
	}
	containers := Healthy
	if d != nil && d.HasHealthCheck() {
		containers = t.Health(d)
	}
	switch targets := t.TargetsHealth(); {
	case containers == Unhealthy || targets == Unhealthy:
		return Unhealthy
	case containers == Healthy && targets == Healthy:
		return Healthy
	}
	return HealthUnknown
}

// ProvenAt returns when a RUNNING task whose health is not checked will have been up long enough to
// count as healthy; zero for one whose health is checked.
func (p *UpdatePolicy) ProvenAt(t *Task, d *TaskDefinition) Time {
	if t.IsChecked(d) {
		return 0
	}
	return t.StartedAt + Time(p.MinHealthySeconds)*1000
}

// IsHealthy reports whether a task of a service counts as healthy: it is RUNNING, and passes the
// checks of its health or, without any, has been up for MinHealthySeconds.
func (p *UpdatePolicy) IsHealthy(t *Task, d *TaskDefinition, now Time) bool {
	switch {
	case t.LastStatus != TaskRunning:
		return false
	case t.IsChecked(d):
		return t.FullHealth(d) == Healthy
	}
	return p.ProvenAt(t, d) <= now
}

// HealthySince returns when a task that IsHealthy became healthy; zero if that is not recorded.
func (p *UpdatePolicy) HealthySince(t *Task, d *TaskDefinition) Time {
	if t.IsChecked(d) {
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
