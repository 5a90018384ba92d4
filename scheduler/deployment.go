package scheduler

import "github.com/gantry-project/gantry/structs"

// endRollout fails a rollout whose tasks keep failing, or that a user wants to stop. It reports
// whether the service is rolled back, which ends this look.
func (s *service) endRollout() bool {
	if s.primary.Rollout != structs.RolloutInProgress {
		return false
	}
	policy, pause, subject := &s.job.Service.Update, s.pausedBack(), "(deployment "+s.primary.ID+") "
	switch {
	case s.primary.StopRequested != "":
		return s.fail(stopText, byUser, subject+"deployment stopped.", s.primary.StopRequested == structs.StopRollback)
	case pause != nil && pause.Status == structs.HookTimedOut:
		return s.fail(hookText, "nobody continued it at "+pause.Stage+" in time.", subject+"deployment stopped.", true)
	case pause != nil:
		return s.fail(hookText, byUser, subject+"deployment stopped.", true)
	case policy.CircuitBreaker && s.primary.EarlyAt == 0 && s.primary.FailedTasks >= policy.Threshold(s.count):
		return s.fail(breakerText, "tasks failed to start.", subject+"deployment failed: tasks failed to start.", policy.Rollback)
	}
	return false
}

// The prefixes of a rollout's reason, by its cause.
const (
	breakerText = structs.BreakerReason
	stopText    = "ECS deployment stop: "
	hookText    = "ECS deployment lifecycle hook: "
	byUser      = "requested by a user."
	deletedText = "the service was deleted."
)

// fail ends the rollout and, with rollback, makes the version of the last completed deployment the
// service's next. A rollback is not itself rolled back: the version before it is no better.
func (s *service) fail(by, why, message string, rollback bool) bool {
	s.primary.Rollout, s.primary.FinishedAt = structs.RolloutFailed, s.in.Now
	s.primary.RolloutReason = by + why
	s.tell(message)
	back := s.earlierJob()
	if !rollback || back == nil {
		s.unshift()
		s.put(s.primary)
		return false
	}
	traffic := s.shiftedBack()
	s.primary.Status, s.primary.Traffic = structs.DeploymentActive, nil
	s.put(s.primary)
	s.put(&structs.Deployment{
		ID: s.deploymentID(), Cluster: s.job.Cluster, Job: s.job.ID, JobVersion: back.Version, TaskDefinition: back.TaskDefinition,
		Status: structs.DeploymentPrimary, Rollout: structs.RolloutInProgress,
		RolloutReason: by + "rolling back to deploymentId " + s.completed.ID + ".",
		RollbackOf:    s.primary.ID, Adopts: s.completed.ID, Traffic: traffic, Alternate: s.completed.Alternate, CreatedAt: s.in.Now,
	})
	s.plan.Rollback = back
	s.tell("rolling back to deployment " + s.completed.ID + ".")
	s.wake(s.in.Now)
	return true
}

// earlierJob returns the service as of the last completed deployment, but with the present count
// and update policy, which are not part of a revision (ECS). It returns nil if there is nothing to
// go back to.
func (l *look) earlierJob() *structs.Job {
	if l.completed == nil || l.primary.RollbackOf != "" {
		return nil
	}
	job := l.in.View.JobVersion(l.job.ID, l.completed.JobVersion)
	if job == nil {
		return nil
	}
	back, spec := *job, *l.job.Service
	if job.Service != nil {
		spec.LoadBalancers, spec.Registries, spec.Connect = job.Service.LoadBalancers, job.Service.Registries, job.Service.Connect
	}
	spec.ReachAs(job.Service)
	back.Count, back.Service, back.Status, back.Version = l.job.Count, &spec, l.job.Status, l.job.Version+1
	return &back
}

// settle updates the state of the deployments. An earlier deployment ends with its last task. The
// primary's rollout is complete once all its tasks are healthy and the others' are gone.
func (s *service) settle() {
	f := &s.fleet
	s.retireEmpty(nil)
	others := -f.holding[s.primary.ID]
	for _, n := range f.holding {
		others += n
	}
	// the rollout does not wait for daemons that stay on draining instances
	for _, t := range f.last {
		if t.StartedBy != s.primary.ID {
			others--
		}
	}
	enough := len(f.current.healthy) >= s.count || s.primary.EarlyAt != 0
	if s.primary.Rollout == structs.RolloutInProgress && enough && f.old.size() == 0 && others == 0 {
		s.complete()
	}
	steady := s.primary.Rollout == structs.RolloutCompleted && len(f.current.healthy) == s.count && f.alive() == s.count && len(f.failing) == 0
	if steady && len(f.leaving) == 0 && !s.rebalance() {
		s.tellEven()
		s.tellSteady()
	}
}

// retireEmpty retires earlier deployments without tasks, except one that is kept up.
func (s *service) retireEmpty(but *structs.Deployment) {
	for _, d := range s.older {
		if d != but && s.fleet.holding[d.ID] == 0 {
			s.retire(d)
		}
	}
}

// scaledBy returns the reason for tasks that a deployment stops.
func scaledBy(d *structs.Deployment) string {
	return "Scaling activity initiated by (deployment " + d.ID + ")"
}
