package scheduler

import (
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/structs"
)

// tasksIn returns the service's tasks that are in one of the statuses.
func (s *simulation) tasksIn(match func(*structs.Task) bool) (tasks []*structs.Task) {
	for task := range s.store.Snapshot().JobTasks(serviceJob) {
		if match(task) {
			tasks = append(tasks, task)
		}
	}
	return tasks
}

func alive(t *structs.Task) bool { return t.Holds() && t.DesiredStatus < structs.TaskStopped }

func (s *simulation) primary() *structs.Deployment {
	for d := range s.store.Snapshot().Deployments(serviceJob) {
		if d.Status == structs.DeploymentPrimary {
			return d
		}
	}
	s.t.Fatalf("there is no primary deployment")
	return nil
}

// counted reports whether a task counts for the limits. A daemon's task counts only where the
// daemon should run.
func (s *simulation) counted(task *structs.Task) bool {
	if !alive(task) {
		return false
	}
	i := s.store.Snapshot().Instance(task.Instance)
	return usable(i) || s.job().Type == structs.JobService && !lost(i)
}

func usable(i *structs.ContainerInstance) bool {
	return i != nil && i.TakesTasks()
}

func (s *simulation) desired() int {
	if s.job().Type == structs.JobService {
		return s.job().Count
	}
	n := 0
	for i := range s.store.Snapshot().Instances("default") {
		if usable(i) {
			n++
		}
	}
	return n
}

func (s *simulation) healthy(task *structs.Task) bool {
	return s.counted(task) && isUp(task, s.store.Snapshot().TaskDefinition(task.TaskDefinition))
}

func (s *simulation) proven(task *structs.Task) bool {
	checked := s.store.Snapshot().TaskDefinition(task.TaskDefinition).HasHealthCheck()
	return s.healthy(task) && (checked || s.now-task.StartedAt >= structs.Time(s.job().Service.Update.MinHealthySeconds)*1000)
}

func (s *simulation) checkLimits(t *rapid.T, plan *structs.Plan) {
	tasks := len(s.tasksIn(s.counted))
	healthy, stopsHealthy := len(s.tasksIn(s.proven)), 0
	for _, stop := range plan.Stops {
		task := s.store.Snapshot().Task(stop.Task)
		if s.counted(task) {
			tasks--
		}
		if s.proven(task) {
			stopsHealthy++
		}
	}
	n, policy := s.desired(), s.job().Service.Update
	if least := n * int(policy.MinimumHealthyPercent); stopsHealthy > 0 && (healthy-stopsHealthy)*100 < least {
		t.Fatalf("%d of %d healthy tasks are stopped, with %d desired and %d%% to stay", stopsHealthy, healthy, n, policy.MinimumHealthyPercent)
	}
	if s.shiftsAfter(plan) {
		s.checkSides(t, plan)
		return
	}
	if most := n * int(policy.MaximumPercent); len(plan.Placements) > 0 && (tasks+len(plan.Placements))*100 > most {
		t.Fatalf("%d tasks are placed beside %d, with %d desired and at most %d%%", len(plan.Placements), tasks, n, policy.MaximumPercent)
	}
}

// shiftsAfter reports whether the primary stands beside another revision after the plan.
func (s *simulation) shiftsAfter(plan *structs.Plan) bool {
	d := s.primary()
	for n := range plan.Deployments {
		if plan.Deployments[n].ID == d.ID {
			d = &plan.Deployments[n]
		}
	}
	return d.Stage != "" && d.Stage != structs.StageCleanUp && d.Rollout == structs.RolloutInProgress && s.job().Type == structs.JobService
}

// checkSides checks that each revision is kept at the count: none gets more tasks, and none loses
// tasks that serve.
func (s *simulation) checkSides(t *rapid.T, plan *structs.Plan) {
	placed, proven, stopped := map[string]int{}, map[string]int{}, map[string]int{}
	for _, task := range s.tasksIn(s.counted) {
		if usable(s.store.Snapshot().Instance(task.Instance)) {
			placed[task.StartedBy]++
		}
		if s.proven(task) {
			proven[task.StartedBy]++
		}
	}
	for _, stop := range plan.Stops {
		task := s.store.Snapshot().Task(stop.Task)
		if usable(s.store.Snapshot().Instance(task.Instance)) {
			placed[task.StartedBy]--
		}
		if s.proven(task) && stop.Reason != structs.ReasonUnhealthy {
			stopped[task.StartedBy]++
		}
	}
	n := s.desired()
	if len(plan.Placements) > 0 && placed[plan.Deployment]+len(plan.Placements) > n {
		t.Fatalf("%d tasks are placed beside %d of the revision, with %d desired", len(plan.Placements), placed[plan.Deployment], n)
	}
	var completed string
	for d := range s.store.Snapshot().Deployments(serviceJob) {
		if d.Rollout == structs.RolloutCompleted && d.Status == structs.DeploymentActive {
			completed = d.ID
		}
	}
	for _, id := range []string{completed, s.primary().ID} {
		if stopped[id] > 0 && proven[id]-stopped[id] < n {
			t.Fatalf("%d of %d healthy tasks of deployment %s are stopped, with %d desired", stopped[id], proven[id], id, n)
		}
	}
}

func (s *simulation) checkChoice(t *rapid.T, plan *structs.Plan) {
	snap, seen := s.store.Snapshot(), map[string]bool{}
	for _, stop := range plan.Stops {
		task := snap.Task(stop.Task)
		if !alive(task) || seen[stop.Task] {
			t.Fatalf("task %s is stopped twice", stop.Task)
		}
		seen[stop.Task] = true
		if task.ProtectedUntil > s.now && stop.Reason != structs.ReasonUnhealthy {
			t.Fatalf("task %s is stopped though it is protected", stop.Task)
		}
	}
	for _, p := range plan.Placements {
		if !usable(snap.Instance(p.Instance)) {
			t.Fatalf("a task is placed on %s", p.Instance)
		}
	}
	if plan.Unplaced > 0 && plan.Status != structs.EvaluationBlocked {
		t.Fatalf("%d tasks wait for room, and the evaluation is %s", plan.Unplaced, plan.Status)
	}
}

// healthySince returns when the last of a deployment's healthy tasks became healthy.
func (s *simulation) healthySince(deployment string) (last structs.Time) {
	for _, task := range s.tasksIn(func(task *structs.Task) bool { return s.proven(task) && task.StartedBy == deployment }) {
		since := task.StartedAt + structs.Time(s.job().Service.Update.MinHealthySeconds)*1000
		if s.store.Snapshot().TaskDefinition(task.TaskDefinition).HasHealthCheck() {
			since = task.HealthyAt
		}
		last = max(last, since)
	}
	return last
}

func (s *simulation) checkCompletion(t *rapid.T, plan *structs.Plan) {
	for _, d := range plan.Deployments {
		healthy := len(s.tasksIn(func(task *structs.Task) bool { return s.proven(task) && task.StartedBy == d.ID }))
		if d.Rollout == structs.RolloutCompleted && d.Status == structs.DeploymentPrimary && healthy < s.desired() {
			t.Fatalf("the rollout is completed with %d of %d tasks healthy", healthy, s.desired())
		}
	}
}

// checkLost checks that a task on a lost instance is stopped only if the desired number is there
// without it, should the instance come back.
func (s *simulation) checkLost(t *rapid.T, plan *structs.Plan) {
	stops := map[string]bool{}
	for _, stop := range plan.Stops {
		stops[stop.Task] = true
	}
	stays := len(s.tasksIn(func(task *structs.Task) bool { return s.proven(task) && !stops[task.ID] }))
	for i := range s.store.Snapshot().Instances("default") {
		left, stopped := 0, 0
		for _, task := range s.tasksIn(func(task *structs.Task) bool { return alive(task) && task.Instance == i.ID && lost(i) }) {
			if stops[task.ID] {
				stopped++
			} else {
				left++
			}
		}
		if s.job().Type == structs.JobService && stopped > 0 && stays+left < s.desired() {
			t.Fatalf("of the lost %s %d tasks are stopped; %d are left on it, and %d elsewhere, with %d desired", i.ID, stopped, left, stays, s.desired())
		}
	}
}

func (s *simulation) checkBreaker(t *rapid.T, plan *structs.Plan) {
	d, policy := s.primary(), s.job().Service.Update
	expired := func(p structs.Pause) bool { return p.RollsBack() || p.Waits() && p.ExpiresAt <= s.now }
	if d.Rollout != structs.RolloutInProgress || d.StopRequested != "" || slices.ContainsFunc(d.Pauses, expired) {
		return
	}
	if forgets := policy.ResetOnHealthyTask && d.FailedTasks > 0 && s.healthySince(d.ID) > d.LastFailureAt; forgets != (plan.Forgets != nil) {
		t.Fatalf("of %+v the plan forgets %+v", d, plan.Forgets)
	}
	failures := d.FailedTasks // and those that the plan itself finds
	if plan.Forgets != nil {
		failures = 0
	}
	for _, stop := range plan.Stops {
		if stop.Reason == structs.ReasonUnhealthy && s.store.Snapshot().Task(stop.Task).StartedBy == d.ID {
			failures++
		}
	}
	trips := policy.CircuitBreaker && failures >= policy.Threshold(s.desired())
	failed := slices.ContainsFunc(plan.Deployments, func(p structs.Deployment) bool {
		return p.ID == d.ID && p.Rollout == structs.RolloutFailed
	})
	if trips != failed {
		t.Fatalf("with %d failed tasks of %+v the deployment is failed: %t", failures, policy, failed)
	}
	if plan.Rollback != nil && !policy.Rollback {
		t.Fatalf("a rollback that nobody asked for")
	}
}

func (s *simulation) atRest() bool {
	d := s.primary()
	for other := range s.store.Snapshot().Deployments(serviceJob) {
		if other.ID != d.ID && other.Status != structs.DeploymentInactive {
			return false
		}
	}
	holding, n := s.tasksIn(func(t *structs.Task) bool { return t.Holds() }), s.desired()
	healthy := s.tasksIn(func(t *structs.Task) bool {
		return s.proven(t) && t.StartedBy == d.ID && usable(s.store.Snapshot().Instance(t.Instance))
	})
	return d.Rollout == structs.RolloutCompleted && len(holding) == n && len(healthy) == n
}

func (s *simulation) checkEvents(t *rapid.T) {
	events := s.store.Snapshot().ServiceEvents(serviceJob).Events
	if len(events) == 0 || !strings.HasSuffix(events[0].Message, "has reached a steady state.") {
		t.Fatalf("at rest, but the newest event is not that: %+v", events[:min(1, len(events))])
	}
}
