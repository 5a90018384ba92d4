package scheduler

import "github.com/gantry-project/gantry/structs"

// reconcileSets plans for a service whose deployment controller is EXTERNAL. Each task set is kept
// at its share of the service's count, like a service with a completed deployment. A controller
// outside Gantry moves the service from one set to another. A plan starts tasks of at most one set;
// if a second one lacks some, the next look follows at once.
func reconcileSets(in Input, job *structs.Job, plan *structs.Plan) {
	if job.Status == structs.ServiceInactive {
		return
	}
	ids, left := newTaskIDs(in.Seed), false
	for d := range in.View.Deployments(job.ID) {
		if d.TaskSet == nil || d.Status == structs.DeploymentInactive {
			continue
		}
		set := &service{
			planWriter: planWriter{
				look: look{in: in, job: d.TaskSet.Of(job), primary: new(*d), ofSet: true},
				plan: &structs.Plan{Status: structs.EvaluationDone}, ids: ids,
			},
			later: len(plan.Placements) > 0,
		}
		left = set.keepSet() || left
		set.finish()
		ids = set.ids
		merge(plan, set.plan)
	}
	if job.Status == structs.ServiceDraining && !left {
		plan.JobStatus = structs.ServiceInactive
	}
}

// keepSet moves a task set toward its count, and reports whether anything is left of it.
func (s *service) keepSet() (left bool) {
	if s.job.Status == structs.ServiceDraining || s.primary.Status == structs.TaskSetDraining {
		return s.drainSet()
	}
	if s.define(); s.definition == nil {
		definitionGone(s.plan, s.primary.TaskDefinition, s.primary.TaskSet.Computed(s.job.Count))
	} else {
		s.keepUp()
	}
	return true
}

// drainSet stops a task set that was deleted, alone or with its service.
func (s *service) drainSet() (left bool) {
	for t := range s.in.View.JobTasks(s.job.ID) {
		if t.StartedBy != s.primary.ID || !t.Holds() {
			continue
		}
		left = true
		if t.DesiredStatus < structs.TaskStopped {
			s.stop(t, scaledBy(s.primary))
		}
	}
	if !left {
		s.retire(s.primary)
	}
	return left
}

// merge adds the plan for a task set to the plan for its service.
func merge(plan, of *structs.Plan) {
	plan.Stops = append(plan.Stops, of.Stops...)
	plan.Deployments = append(plan.Deployments, of.Deployments...)
	plan.Events = append(plan.Events, of.Events...)
	if len(of.Placements) > 0 {
		plan.Placements, plan.Deployment, plan.Need = of.Placements, of.Deployment, of.Need
	}
	if of.Unplaced > 0 && plan.Unplaced == 0 {
		plan.Failures, plan.Filtered, plan.Remedy = of.Failures, of.Filtered, of.Remedy
	}
	plan.Unplaced += of.Unplaced
	if of.Status == structs.EvaluationBlocked {
		plan.Status = of.Status
	}
	if next := of.FollowUp; next != nil && (plan.FollowUp == nil || next.WaitUntil < plan.FollowUp.WaitUntil) {
		plan.FollowUp = next
	}
}
