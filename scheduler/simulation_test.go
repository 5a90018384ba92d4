package scheduler

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// TestServiceSimulation lets random things happen to a service and its tasks, plans after each, and
// holds that
//
//   - no plan's stops take the healthy tasks below the minimum, nor its placements the tasks above the maximum; tasks that
//     have not been up for the minimum are not healthy;
//   - no rollout is completed before all its tasks are healthy;
//   - a task whose agent is not heard of is kept until a healthy one has taken its place;
//   - protected tasks are not stopped, and nothing starts where nothing can;
//   - a plan leaves nothing to do for a second one made at once (so nothing is stopped and started for ever);
//   - the same input gives the same plan;
//   - the breaker trips at its threshold, and not before;
//   - beside a new revision the one that serves stays whole until it has no traffic any more;
//   - once tasks behave, the service comes to rest with its count of healthy tasks, all of one deployment.
func TestServiceSimulation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSimulation(t)
		t.Repeat(map[string]func(*rapid.T){
			"task moves on":    s.taskMovesOn,
			"tasks move on":    s.tasksMoveOn,
			"task fails":       s.taskFails,
			"task stops":       s.taskStops,
			"task is sick":     s.taskIsSick,
			"user stops task":  s.userStopsTask,
			"protect":          s.protect,
			"instance changes": s.instanceChanges,
			"instance joins":   s.instanceJoins,
			"count changes":    s.countChanges,
			"policy changes":   s.policyChanges,
			"update":           s.update,
			"stop deployment":  s.stopDeployment,
			"answer a pause":   s.answerAPause,
			"time goes by":     s.timeGoesBy,
			"":                 func(*rapid.T) {},
		})
		s.comeToRest(t)
	})
}

type simulation struct {
	*town
	deployed int // deployments that users made
}

func newSimulation(t *rapid.T) *simulation {
	s := &simulation{town: newTown(t)}
	for n := range rapid.IntRange(0, 4).Draw(t, "instances") {
		s.addInstance(n)
	}
	for revision := range int32(4) { // with and without a health check; big ones; with a fixed port
		s.define(revision+1, revision%2 == 1, 0, []int32{64, 64, 300, 64}[revision], []int32{0, 0, 0, 80}[revision])
	}
	job := structs.Job{
		ID: townJob, Cluster: "default", Name: "web", Type: structs.JobService, Status: structs.ServiceActive,
		Count: rapid.IntRange(0, 6).Draw(t, "count"),
		Service: &structs.ServiceSpec{
			HealthGrace: rapid.Int32Range(0, 30).Draw(t, "grace"),
			Rebalancing: rapid.SampledFrom([]string{structs.RebalancingEnabled, structs.RebalancingDisabled}).Draw(t, "rebalancing"),
		},
	}
	if rapid.IntRange(0, 3).Draw(t, "type") == 0 {
		job.Type, job.Count = structs.JobDaemon, 0
	}
	job.Service.Update = drawPolicy(t, job.Type)
	s.deploy(t, job)
	s.settleDown(t)
	return s
}

func drawPolicy(t *rapid.T, jobType string) structs.UpdatePolicy {
	limits := rapid.SampledFrom([][2]int32{{100, 200}, {50, 100}, {0, 100}, {50, 150}, {75, 125}, {100, 110}, {34, 166}}).Draw(t, "limits")
	p := structs.UpdatePolicy{MinimumHealthyPercent: limits[0], MaximumPercent: limits[1]}
	if jobType == structs.JobDaemon {
		p = structs.UpdatePolicy{MinimumHealthyPercent: min(limits[0], 75), MaximumPercent: 100}
	}
	if jobType == structs.JobService {
		p.Shift = drawShift(t)
	}
	p.MinHealthySeconds = rapid.SampledFrom([]int32{0, 1, 30}).Draw(t, "uptime")
	p.CircuitBreaker = rapid.Bool().Draw(t, "breaker")
	p.ResetOnHealthyTask = rapid.Bool().Draw(t, "reset")
	p.ThresholdConfiguration = rapid.SampledFrom([]*structs.BreakerThreshold{
		nil, {Type: structs.ThresholdCount, Value: 2}, {Type: structs.ThresholdUnboundedPercent, Value: 40}, {Type: structs.ThresholdBoundedPercent, Value: 90},
	}).Draw(t, "threshold")
	p.Rollback = p.CircuitBreaker && rapid.Bool().Draw(t, "rollback")
	return p
}

func drawShift(t *rapid.T) *structs.ShiftPolicy {
	p := structs.NewShiftPolicy(rapid.SampledFrom([]string{
		structs.StrategyRolling, structs.StrategyRolling, structs.StrategyBlueGreen, structs.StrategyLinear, structs.StrategyCanary,
	}).Draw(t, "shift"))
	if p == nil {
		return nil
	}
	p.BakeMinutes = rapid.SampledFrom([]int32{0, 1}).Draw(t, "bake")
	p.StepPercent = rapid.SampledFrom([]float64{33.3, 50, 100}).Draw(t, "step")
	if rapid.IntRange(0, 2).Draw(t, "hooks") == 0 {
		p.Hooks = []structs.LifecycleHook{{
			Stages:         []string{structs.StagePostScaleUp, structs.StagePreProductionShift, structs.StagePreScaleUp},
			TimeoutMinutes: 1, TimeoutAction: rapid.SampledFrom([]string{structs.HookContinue, structs.HookRollback}).Draw(t, "timeout"),
		}}
	}
	return p
}

func (s *simulation) addInstance(n int) {
	s.town.update(func(tx *state.Tx) {
		tx.PutInstance(&structs.ContainerInstance{
			ID: fmt.Sprintf("i%d", n), Cluster: "default", Status: structs.InstanceActive,
			Attributes:     []structs.Attribute{{Name: structs.AttributeZone, Value: fmt.Sprintf("z%d", n%3)}},
			AgentConnected: true, Registered: structs.Resources{CPU: 1024, Memory: 700},
		})
	})
}

func (s *simulation) deploy(t *rapid.T, job structs.Job) {
	s.deployed++
	job.TaskDefinition = fmt.Sprintf("f:%d", rapid.IntRange(1, 4).Draw(t, "revision"))
	s.put(job, fmt.Sprintf("ecs-svc/%019d", s.deployed))
}

// tasksIn gives the service's tasks that are in one of the statuses.
func (s *simulation) tasksIn(match func(*structs.Task) bool) (tasks []*structs.Task) {
	for task := range s.store.Snapshot().JobTasks(townJob) {
		if match(task) {
			tasks = append(tasks, task)
		}
	}
	return tasks
}

func alive(t *structs.Task) bool { return t.Holds() && t.DesiredStatus < structs.TaskStopped }

func (s *simulation) pick(t *rapid.T, match func(*structs.Task) bool) *structs.Task {
	tasks := s.tasksIn(match)
	if len(tasks) == 0 {
		t.Skip("no such task")
	}
	return rapid.SampledFrom(tasks).Draw(t, "task")
}

// moveOn takes a task one step further on a good way.
func (s *simulation) moveOn(task *structs.Task) {
	switch {
	case task.DesiredStatus == structs.TaskStopped:
		s.report(task.ID, structs.TaskStopped, "")
	case task.LastStatus < structs.TaskPending:
		s.report(task.ID, structs.TaskPending, "")
	case task.LastStatus < structs.TaskRunning:
		s.report(task.ID, structs.TaskRunning, "")
	default:
		s.report(task.ID, structs.TaskRunning, structs.Healthy)
	}
}

func (s *simulation) taskMovesOn(t *rapid.T) {
	s.moveOn(s.pick(t, func(t *structs.Task) bool { return t.Holds() }))
	s.settleDown(t)
}

func (s *simulation) tasksMoveOn(t *rapid.T) {
	s.now += rapid.SampledFrom([]structs.Time{0, 2000, 40_000}).Draw(t, "ms")
	for _, task := range s.tasksIn(func(t *structs.Task) bool { return t.Holds() }) {
		s.moveOn(task)
	}
	s.settleDown(t)
}

func (s *simulation) taskFails(t *rapid.T) {
	s.report(s.pick(t, func(t *structs.Task) bool { return alive(t) && t.LastStatus < structs.TaskRunning }).ID, structs.TaskStopped, "")
	s.settleDown(t)
}

func (s *simulation) taskStops(t *rapid.T) {
	s.report(s.pick(t, alive).ID, structs.TaskStopped, "")
	s.settleDown(t)
}

func (s *simulation) taskIsSick(t *rapid.T) {
	task := s.pick(t, func(t *structs.Task) bool { return alive(t) && t.LastStatus == structs.TaskRunning })
	s.report(task.ID, structs.TaskRunning, structs.Unhealthy)
	s.settleDown(t)
}

func (s *simulation) userStopsTask(t *rapid.T) {
	s.alterTask(s.pick(t, alive).ID, func(row *structs.Task) { row.DesiredStatus = structs.TaskStopped })
	s.settleDown(t)
}

func (s *simulation) protect(t *rapid.T) {
	until := s.now + structs.Time(rapid.IntRange(0, 100_000).Draw(t, "for"))
	s.alterTask(s.pick(t, alive).ID, func(row *structs.Task) { row.ProtectedUntil = until })
	s.settleDown(t)
}

func (s *simulation) instanceChanges(t *rapid.T) {
	instances := slices.Collect(s.store.Snapshot().Instances("default"))
	if len(instances) == 0 {
		t.Skip("no instance")
	}
	s.alterInstance(rapid.SampledFrom(instances).Draw(t, "instance").ID, func(row *structs.ContainerInstance) {
		row.Status = rapid.SampledFrom([]string{"ACTIVE", "DRAINING", "INACTIVE"}).Draw(t, "status")
		row.AgentConnected = rapid.IntRange(0, 3).Draw(t, "agent") > 0
		row.Runtime.Status = rapid.SampledFrom([]string{"", structs.HealthOK, structs.HealthOK, structs.HealthImpaired}).Draw(t, "engine")
		row.HeldUntil = structs.Time(max(0, rapid.IntRange(-3, 1).Draw(t, "held until")))
	})
	s.settleDown(t)
}

func (s *simulation) instanceJoins(t *rapid.T) {
	n := len(slices.Collect(s.store.Snapshot().Instances("default")))
	if n >= 6 {
		t.Skip("enough")
	}
	s.addInstance(n)
	s.settleDown(t)
}

func (s *simulation) countChanges(t *rapid.T) {
	job := *s.job()
	if job.Type == structs.JobDaemon {
		t.Skip("a daemon has no count")
	}
	job.Count = rapid.IntRange(0, 6).Draw(t, "count")
	s.put(job, "")
	s.settleDown(t)
}

func (s *simulation) policyChanges(t *rapid.T) {
	job := *s.job()
	spec := *job.Service
	spec.Update = drawPolicy(t, job.Type)
	job.Service = &spec
	s.put(job, "")
	s.settleDown(t)
}

func (s *simulation) update(t *rapid.T) {
	s.deploy(t, *s.job())
	s.settleDown(t)
}

func (s *simulation) stopDeployment(t *rapid.T) {
	d := s.primary()
	if d.Rollout != structs.RolloutInProgress || d.RollbackOf != "" {
		t.Skip("nothing to stop")
	}
	how := rapid.SampledFrom([]string{structs.StopRollback, structs.StopAbort}).Draw(t, "how")
	s.alterDeployment(d.ID, func(row *structs.Deployment) { row.StopRequested = how })
	s.settleDown(t)
}

func (s *simulation) answerAPause(t *rapid.T) {
	action := rapid.SampledFrom([]string{structs.HookContinue, structs.HookContinue, structs.HookRollback}).Draw(t, "answer")
	answered := false
	s.alterDeployment(s.primary().ID, func(row *structs.Deployment) { answered = answerPause(row, action) })
	if !answered {
		t.Skip("nothing waits")
	}
	s.settleDown(t)
}

func (s *simulation) timeGoesBy(t *rapid.T) {
	s.now += structs.Time(rapid.IntRange(1, 100_000).Draw(t, "ms"))
	s.settleDown(t)
}

func (s *simulation) primary() *structs.Deployment {
	for d := range s.store.Snapshot().Deployments(townJob) {
		if d.Status == structs.DeploymentPrimary {
			return d
		}
	}
	s.t.Fatalf("there is no primary deployment")
	return nil
}

// settleDown plans until there is nothing left to do but to wait. A rollback leaves work for the
// next plan, and one of two revisions beside each other does.
func (s *simulation) settleDown(t *rapid.T) *structs.Evaluation {
	for range 5 {
		plan := s.step(t)
		if plan.Rollback != nil || plan.FollowUp != nil && plan.FollowUp.WaitUntil == s.now+1 && len(plan.Placements) > 0 {
			continue
		}
		again := Schedule(s.input())
		if len(again.Stops)+len(again.Placements)+len(again.Deployments)+len(again.Events) > 0 || again.Rollback != nil {
			t.Fatalf("a second plan at once finds more to do:\n%+v\nafter\n%+v", again, plan)
		}
		return plan.FollowUp
	}
	t.Fatalf("one plan after another")
	return nil
}

// step plans once, checks the plan and applies it.
func (s *simulation) step(t *rapid.T) *structs.Plan {
	in := s.input()
	plan := Schedule(in)
	if again := Schedule(in); !reflect.DeepEqual(plan, again) {
		t.Fatalf("the same input gives another plan:\n%+v\n%+v", plan, again)
	}
	s.checkLimits(t, &plan)
	s.checkChoice(t, &plan)
	s.checkLost(t, &plan)
	s.checkBreaker(t, &plan)
	s.checkCompletion(t, &plan)
	s.apply(&plan)
	if f := plan.FollowUp; f != nil && f.WaitUntil <= s.now {
		t.Fatalf("the next look is at %d, and it is %d", f.WaitUntil, s.now)
	}
	return &plan
}

// counted says whether a task counts for the limits: a daemon's only where the daemon is to run.
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

// shiftsAfter says whether the primary stands beside another revision when the plan has been
// applied.
func (s *simulation) shiftsAfter(plan *structs.Plan) bool {
	d := s.primary()
	for n := range plan.Deployments {
		if plan.Deployments[n].ID == d.ID {
			d = &plan.Deployments[n]
		}
	}
	return d.Stage != "" && d.Stage != structs.StageCleanUp && d.Rollout == structs.RolloutInProgress && s.job().Type == structs.JobService
}

// checkSides holds that each revision is kept at the count: none gets more tasks, and none loses
// what serves.
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
	for d := range s.store.Snapshot().Deployments(townJob) {
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

// healthySince is when a task of a deployment last became healthy, of those that are.
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

// checkLost holds that a task on a lost instance is stopped only if, should the instance come back,
// as many as are desired are there without it.
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

// comeToRest makes the world a good one, and then holds that the service gets to what is desired in
// a bounded number of steps.
func (s *simulation) comeToRest(t *rapid.T) {
	for i := range s.store.Snapshot().Instances("default") {
		if i.Status == structs.InstanceActive {
			s.alterInstance(i.ID, func(row *structs.ContainerInstance) {
				row.AgentConnected, row.Runtime, row.HeldUntil = true, structs.RuntimeHealth{}, 0
			})
		}
	}
	for n := range 13 { // a port each for twice the count
		s.addInstance(10 + n)
	}
	job := *s.job()
	spec := *job.Service
	job.Service = &spec
	if n := s.desired(); s.job().Type == structs.JobService && n*int(spec.Update.MaximumPercent)/100 == n && (n*int(spec.Update.MinimumHealthyPercent)+99)/100 == n {
		// no step fits between these limits, and the user is told so
		spec.Update.MaximumPercent = 200
	}
	spec.Update.CircuitBreaker = false
	if s.primary().Rollout == structs.RolloutFailed || rapid.Bool().Draw(t, "last update") {
		s.deploy(t, job)
	} else {
		s.put(job, "")
	}
	for range 200 {
		s.alterDeployment(s.primary().ID, func(row *structs.Deployment) { answerPause(row, structs.HookContinue) })
		next := s.settleDown(t)
		if next == nil && s.atRest() {
			s.checkEvents(t)
			return
		}
		if next != nil {
			s.now = next.WaitUntil
		}
		for _, task := range s.tasksIn(func(t *structs.Task) bool { return t.Holds() }) {
			s.moveOn(task)
		}
	}
	for _, task := range s.tasksIn(func(t *structs.Task) bool { return t.Holds() }) {
		t.Logf("%+v", task)
	}
	t.Fatalf("with %d desired the service does not come to rest; the primary is %+v", s.desired(), s.primary())
}

func (s *simulation) atRest() bool {
	d := s.primary()
	for other := range s.store.Snapshot().Deployments(townJob) {
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
	events := s.store.Snapshot().ServiceEvents(townJob).Events
	if len(events) == 0 || !strings.HasSuffix(events[0].Message, "has reached a steady state.") {
		t.Fatalf("at rest, but the newest event is not that: %+v", events[:min(1, len(events))])
	}
}
