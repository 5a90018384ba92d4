package scheduler

import "github.com/gantry-project/gantry/structs"

// look holds the facts of one look at a service or daemon. Only the primary's row changes later,
// and its changes go into the plan (planWriter.put).
type look struct {
	in  Input
	job *structs.Job

	primary *structs.Deployment   // a copy
	older   []*structs.Deployment // the earlier ones that are not INACTIVE, oldest first
	// completed is the newest of the earlier ones that is COMPLETED, or as good as that; nil if
	// there is none.
	completed   *structs.Deployment
	definition  *structs.TaskDefinition            // of the primary
	definitions map[string]*structs.TaskDefinition // of its tasks, by key; loaded as needed
	need        structs.Resources                  // of one task of the primary
	// ofSet means that the look is only at one task set of the service, its primary.
	ofSet bool

	count    int             // tasks desired
	feasible map[string]bool // a daemon's instances
}

// daemon reports whether the service keeps one task on each feasible instance, rather than a number
// of tasks wherever they fit.
func (l *look) daemon() bool { return l.job.Type == structs.JobDaemon }

func (l *look) findDeployments() {
	for d := range l.in.View.Deployments(l.job.ID) {
		if d.Status == structs.DeploymentPrimary {
			l.primary = new(*d)
			continue
		}
		if d.Rollout == structs.RolloutCompleted || d.Rollout == structs.RolloutInProgress && d.Stage == structs.StageCleanUp {
			l.completed = d
		}
		if d.Status != structs.DeploymentInactive {
			l.older = append(l.older, d)
		}
	}
}

// define finds the definition and needs of the primary's tasks, and their desired number.
func (l *look) define() {
	l.definition = l.in.View.TaskDefinition(l.primary.TaskDefinition)
	if l.definition == nil {
		return
	}
	l.definitions = map[string]*structs.TaskDefinition{}
	l.need = structs.Need(l.definition, l.job.Overrides)
	l.count = l.job.Count
	switch {
	case l.daemon():
		l.findFeasible()
	case l.ofSet:
		l.count = l.primary.TaskSet.Computed(l.job.Count)
	}
}

func (l *look) definitionOf(t *structs.Task) *structs.TaskDefinition {
	def, known := l.definitions[t.TaskDefinition]
	if !known {
		def = l.in.View.TaskDefinition(t.TaskDefinition)
		l.definitions[t.TaskDefinition] = def
	}
	return def
}

// least returns the number of healthy tasks below which the service never goes on its own (rounded
// up, as in ECS).
func (l *look) least() int {
	return (l.count*int(l.job.Service.Update.MinimumHealthyPercent) + 99) / 100
}

// most returns the maximum number of tasks that may be alive when new ones start (rounded down, as
// in ECS).
func (l *look) most() int {
	return l.count * int(l.job.Service.Update.MaximumPercent) / 100
}

// halted reports whether the rollout has failed with nothing to go back to, or was ended by a user.
// The primary then starts nothing more.
func (l *look) halted() bool { return l.primary.Rollout == structs.RolloutFailed }
