package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestShiftingDeployments runs deployments that bring the new tasks up beside the old ones, on one
// dev.
func TestShiftingDeployments(t *testing.T) {
	d := startDev(t)
	tests := map[string]func(*testing.T, *dev){
		"blue green with a pause":                blueGreenWithAPause,
		"canary rolled back by the breaker":      canaryBreaker,
		"tasks that crash at once replace none":  crashingRevision,
		"a rollback keeps the tasks of the good": rollbackKeeps,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			sub := *d
			sub.t = t
			test(t, &sub)
		})
	}
}

// blueGreenWithAPause: both revisions are up until the deployment is continued. (The aws CLI of
// Debian 12 does not know the options yet.)
func blueGreenWithAPause(t *testing.T, d *dev) {
	family := d.family(app("main", "serve"))
	s := d.service(2, family)
	blue := s.running()
	watch := d.watch(family + ":1")
	s.update(func(in *ecs.UpdateServiceInput) {
		in.TaskDefinition = aws.String(d.family(app("main", "sleep")))
		in.DeploymentConfiguration = &types.DeploymentConfiguration{
			Strategy: types.DeploymentStrategyBlueGreen, BakeTimeInMinutes: aws.Int32(0),
			LifecycleHooks: []types.DeploymentLifecycleHook{{
				TargetType:      types.DeploymentLifecycleHookTargetTypePause,
				LifecycleStages: []types.DeploymentLifecycleHookStage{types.DeploymentLifecycleHookStagePostProductionTrafficShift},
			}},
		}
	})
	arn := aws.ToString(s.deployments()[0].ServiceDeploymentArn)
	s.until("the deployment waits at its hook", func() bool { return len(s.describeDeployment(arn).LifecycleHookDetails) == 1 })
	paused := s.describeDeployment(arn)
	hook := paused.LifecycleHookDetails[0]
	if paused.LifecycleStage != types.ServiceDeploymentLifecycleStagePostProductionTrafficShift ||
		aws.ToFloat64(paused.TargetServiceRevision.RequestedProductionTrafficWeight) != 100 || hook.Status != "AWAITING_ACTION" {
		t.Errorf("at its hook the deployment is %+v", paused)
	}
	if low, now := watch.stop(), s.running(); low < 2 || len(now) != 4 || !slices.ContainsFunc(now, sameTask(blue[0])) {
		t.Errorf("%d tasks run at the hook, of which %d at least were blue; want 4, 2", len(now), low)
	}
	if _, err := d.ecs.ContinueServiceDeployment(t.Context(), &ecs.ContinueServiceDeploymentInput{ServiceDeploymentArn: &arn, HookId: hook.HookId}); err != nil {
		t.Fatal(err)
	}
	s.stable()
	d.aws(nil, "wait", "services-stable", "--services", s.name)
	for _, task := range s.running() {
		if !strings.HasSuffix(aws.ToString(task.TaskDefinitionArn), family+":2") {
			t.Errorf("a task of %s is left", aws.ToString(task.TaskDefinitionArn))
		}
	}
	if got := s.describeDeployment(arn); got.Status != types.ServiceDeploymentStatusSuccessful {
		t.Errorf("the deployment is %s: %s", got.Status, aws.ToString(got.StatusReason))
	}
}

// canaryBreaker: green tasks that cannot start never get traffic, and blue tasks are not touched.
func canaryBreaker(t *testing.T, d *dev) {
	family := d.family(app("main", "sleep"))
	s := d.service(2, family, withBreaker)
	blue := s.running()
	s.update(func(in *ecs.UpdateServiceInput) {
		in.TaskDefinition = aws.String(d.family(cannotStart()))
		in.DeploymentConfiguration = &types.DeploymentConfiguration{
			Strategy: types.DeploymentStrategyCanary, BakeTimeInMinutes: aws.Int32(1),
			CanaryConfiguration: &types.CanaryConfiguration{CanaryPercent: aws.Float64(10), CanaryBakeTimeInMinutes: aws.Int32(1)},
		}
	})
	s.rolledBackTo(blue)
	failed := s.describeDeployment(aws.ToString(s.deployments()[0].ServiceDeploymentArn))
	if failed.LifecycleStage != types.ServiceDeploymentLifecycleStageScaleUp || aws.ToFloat64(failed.TargetServiceRevision.RequestedProductionTrafficWeight) != 0 {
		t.Errorf("it failed at %s with %v of the traffic", failed.LifecycleStage, failed.TargetServiceRevision.RequestedProductionTrafficWeight)
	}
}

// crashingRevision: tasks that run for half a second do not replace one that serves.
func crashingRevision(t *testing.T, d *dev) {
	family := d.family(app("main", "sleep"))
	s := d.service(2, family, withBreaker)
	before := s.running()
	crash := app("main", "exit", "1", "500ms")
	s.update(func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String(d.family(crash)) })
	s.rolledBackTo(before)
}

func rollbackKeeps(t *testing.T, d *dev) {
	s := d.service(2, d.family(app("main", "sleep")))
	before := s.running()
	s.update(func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String(d.family(cannotStart())) })
	if _, err := d.ecs.StopServiceDeployment(t.Context(), &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: s.deployments()[0].ServiceDeploymentArn}); err != nil {
		t.Fatal(err)
	}
	s.rolledBackTo(before)
}

// rolledBackTo waits until the newest deployment is rolled back, and checks that exactly these
// tasks run.
func (s *service) rolledBackTo(tasks []types.Task) {
	s.d.t.Helper()
	s.until("the deployment is rolled back", func() bool {
		return s.deployments()[0].Status == types.ServiceDeploymentStatusRollbackSuccessful
	})
	s.stable()
	now := s.running()
	primary := aws.ToString(s.describe().Deployments[0].Id)
	for _, task := range now {
		if !slices.ContainsFunc(tasks, sameTask(task)) || aws.ToString(task.StartedBy) != primary {
			s.d.t.Errorf("after the rollback runs %s, started by %s", aws.ToString(task.TaskArn), aws.ToString(task.StartedBy))
		}
	}
	if len(now) != len(tasks) {
		s.d.t.Errorf("%d tasks run after the rollback, want the %d from before", len(now), len(tasks))
	}
}
