package fsm

import "github.com/gantry-project/gantry/structs"

// isHealthy reports whether a task passes the checks of its health: those of its definition, and
// those of its target groups.
func isHealthy(t *structs.Task, d *structs.TaskDefinition) bool {
	return t.IsChecked(d) && t.FullHealth(d) == structs.Healthy
}

// noteHealth records when a changed task became healthy, and reports whether its service must look
// at its health again.
func noteHealth(was, is *structs.Task, d *structs.TaskDefinition, at structs.Time) (matters bool) {
	if isHealthy(is, d) && !isHealthy(was, d) {
		is.HealthyAt = at
	}
	return was.FullHealth(d) != is.FullHealth(d)
}
