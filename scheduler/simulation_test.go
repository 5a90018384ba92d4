package scheduler

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/structs"
)

// TestServiceSimulation lets random things happen to a service and its tasks, plans after each, and
// holds that
//
//   - no plan's stops take the healthy tasks below the minimum, nor its placements the tasks above
//     the maximum; tasks that have not been up for the minimum are not healthy;
//   - no rollout is completed before all its tasks are healthy;
//   - a task whose agent is not heard of is kept until a healthy one has taken its place;
//   - protected tasks are not stopped, and nothing starts where nothing can;
//   - a plan leaves nothing to do for a second one made at once (so nothing is stopped and started
//     for ever);
//   - the same input gives the same plan;
//   - the breaker trips at its threshold, and not before;
//   - beside a new revision the one that serves stays whole until it has no traffic any more;
//   - once tasks behave, the service comes to rest with its count of healthy tasks, all of one
//     deployment.
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
	*cluster
	deployed int // deployments by users
}

func newSimulation(t *rapid.T) *simulation {
	s := &simulation{cluster: newCluster(t)}
	for n := range rapid.IntRange(0, 4).Draw(t, "instances") {
		s.addInstance(n)
	}
	for revision := range int32(4) { // with and without a health check; big ones; with a fixed port
		s.define(revision+1, revision%2 == 1, 0, []int32{64, 64, 300, 64}[revision], []int32{0, 0, 0, 80}[revision])
	}
	job := structs.Job{
		ID: serviceJob, Cluster: "default", Name: "web", Type: structs.JobService, Status: structs.ServiceActive,
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

// settleDown plans until there is nothing left to do but wait. A rollback leaves work for the next
// plan, and so may two revisions beside each other.
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

// comeToRest ends all trouble, and then checks that the service gets to its desired state in a
// bounded number of steps.
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
