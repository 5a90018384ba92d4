package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func rollingUpdate(t *testing.T, d *dev) {
	family := d.family(app("main", "serve"))
	s := d.service(3, family)
	before := s.running()
	watch := d.watch(family + ":")
	s.update(func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String(d.family(app("main", "sleep"))) })
	s.stable()
	if low := watch.stop(); low < 3 {
		t.Errorf("%d containers were up at one time, of 3 that must be", low)
	}
	now := s.running()
	for _, task := range now {
		if !strings.HasSuffix(aws.ToString(task.TaskDefinitionArn), family+":2") || slices.ContainsFunc(before, sameTask(task)) {
			t.Errorf("task of %s after the update", aws.ToString(task.TaskDefinitionArn))
		}
	}
	primary := s.describe().Deployments[0]
	for _, task := range now {
		if aws.ToString(task.StartedBy) != aws.ToString(primary.Id) || aws.ToString(task.Group) != "service:"+s.name {
			t.Errorf("task started by %s in group %s", aws.ToString(task.StartedBy), aws.ToString(task.Group))
		}
	}
	old := d.await(aws.ToString(before[0].TaskArn), "STOPPED")
	if old.StopCode != types.TaskStopCodeServiceSchedulerInitiated || !strings.HasPrefix(aws.ToString(old.StoppedReason), "Scaling activity initiated by (deployment ecs-svc/") {
		t.Errorf("an old task stopped with %s, %q", old.StopCode, aws.ToString(old.StoppedReason))
	}
	if primary.RolloutState != types.DeploymentRolloutStateCompleted {
		t.Errorf("rollout is %s: %s", primary.RolloutState, aws.ToString(primary.RolloutStateReason))
	}
	s.wantEvent(fmt.Sprintf("(service %s) (deployment %s) deployment completed.", s.name, aws.ToString(primary.Id)))
	s.wantEvent("running tasks: (task ")
}

// stopsFirst: with a fixed port on one instance, a new task fits only once its predecessor is gone.
func stopsFirst(t *testing.T, d *dev) {
	web := app("main", "serve")
	web.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80), HostPort: aws.Int32(freePort(t))}}
	family := d.family(web)
	s := d.service(1, family, func(in *ecs.CreateServiceInput) {
		in.DeploymentConfiguration = &types.DeploymentConfiguration{MinimumHealthyPercent: aws.Int32(0), MaximumPercent: aws.Int32(100)}
	})
	web.Environment = []types.KeyValuePair{{Name: aws.String("GREETING"), Value: aws.String("Second")}}
	s.update(func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String(d.family(web)) })
	s.stable()
	if page := get(t, *web.PortMappings[0].HostPort, "/"); !strings.HasPrefix(page, "Second") {
		t.Errorf("after the update the page is %q", page)
	}
}

func circuitBreaker(t *testing.T, d *dev) {
	family := d.family(app("main", "sleep"))
	s := d.service(2, family, withBreaker)
	watch := d.watch(family + ":1")
	s.update(func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String(d.family(cannotStart())) })
	s.until("the deployment is rolled back", func() bool {
		return s.deployments()[0].Status == types.ServiceDeploymentStatusRollbackSuccessful
	})
	s.stable()
	if low := watch.stop(); low < 2 {
		t.Errorf("%d containers were up at one time, of 2 that must be", low)
	}
	if got := aws.ToString(s.describe().TaskDefinition); !strings.HasSuffix(got, family+":1") {
		t.Errorf("the service is on %s", got)
	}
	for _, task := range s.running() {
		if !strings.HasSuffix(aws.ToString(task.TaskDefinitionArn), family+":1") {
			t.Errorf("a task of %s runs", aws.ToString(task.TaskDefinitionArn))
		}
	}
	failed := s.describeDeployment(aws.ToString(s.deployments()[0].ServiceDeploymentArn))
	if b := failed.DeploymentCircuitBreaker; b == nil || b.Status != "TRIGGERED" || b.FailureCount < b.Threshold || b.Threshold != 3 {
		t.Errorf("the circuit breaker says %+v", b)
	}
	if failed.Rollback == nil || aws.ToString(failed.StatusReason) == "" {
		t.Errorf("the failed deployment says %+v", failed)
	}
}

func rollbackOnRequest(t *testing.T, d *dev) {
	family := d.family(app("main", "sleep"))
	s := d.service(1, family)
	s.update(func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String(d.family(cannotStart())) })
	arn := s.deployments()[0].ServiceDeploymentArn
	if _, err := d.ecs.StopServiceDeployment(t.Context(), &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: arn}); err != nil {
		t.Fatal(err)
	}
	s.until("the deployment is rolled back", func() bool {
		return s.describeDeployment(aws.ToString(arn)).Status == types.ServiceDeploymentStatusRollbackSuccessful
	})
	s.stable()
	if got := aws.ToString(s.describe().TaskDefinition); !strings.HasSuffix(got, family+":1") {
		t.Errorf("the service is on %s", got)
	}
}

// updateInFlight: a new update does not wait for the previous one, which never ends here.
func updateInFlight(t *testing.T, d *dev) {
	family := d.family(app("main", "sleep"))
	s := d.service(2, family)
	watch := d.watch(family+":1", family+":3")
	s.update(func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String(d.family(cannotStart())) })
	s.update(func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String(d.family(app("main", "serve"))) })
	s.stable()
	if low := watch.stop(); low < 2 {
		t.Errorf("%d containers were up at one time, of 2 that must be", low)
	}
	for _, task := range s.running() {
		if !strings.HasSuffix(aws.ToString(task.TaskDefinitionArn), family+":3") {
			t.Errorf("a task of %s is left", aws.ToString(task.TaskDefinitionArn))
		}
	}
	if status := s.deployments()[1].Status; status != types.ServiceDeploymentStatusStopped {
		t.Errorf("the deployment in between is %s", status)
	}
}

func forceNewDeployment(t *testing.T, d *dev) {
	s := d.service(2, d.family(app("main", "sleep")))
	before := s.running()
	s.update(func(in *ecs.UpdateServiceInput) { in.ForceNewDeployment = true })
	s.stable()
	for _, task := range s.running() {
		if slices.ContainsFunc(before, sameTask(task)) {
			t.Errorf("task %s was there before", aws.ToString(task.TaskArn))
		}
	}
}

// terraformRule: the deployment whose target revision holds the digits of the PRIMARY deployment's
// id is the one that Terraform waits for.
func terraformRule(t *testing.T, d *dev) {
	s := d.create(1, d.family(app("main", "sleep")))
	_, digits, _ := strings.Cut(aws.ToString(s.describe().Deployments[0].Id), "/")
	arn := ""
	for _, brief := range s.deployments() {
		if strings.Contains(aws.ToString(brief.TargetServiceRevisionArn), digits) {
			arn = aws.ToString(brief.ServiceDeploymentArn)
		}
	}
	if arn == "" {
		t.Fatalf("no service deployment for %s: %+v", digits, s.deployments())
	}
	s.until("the deployment succeeds", func() bool {
		return s.describeDeployment(arn).Status == types.ServiceDeploymentStatusSuccessful
	})
}

// healthHoldsUpdate: a revision whose tasks run but never become healthy replaces nothing.
func healthHoldsUpdate(t *testing.T, d *dev) {
	healthy := app("main", "serve")
	healthy.HealthCheck = check("/app", "print", "fine")
	family := d.family(healthy)
	s := d.service(1, family)
	before := s.running()[0]
	sick := app("main", "serve")
	sick.HealthCheck = check("/app", "exit", "1")
	watch := d.watch(family + ":")
	s.update(func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String(d.family(sick)) })
	s.until("a sick task is stopped for its health", func() bool {
		return slices.ContainsFunc(s.stopped(), func(task types.Task) bool {
			return aws.ToString(task.StoppedReason) == "Task failed container health checks"
		})
	})
	if low := watch.stop(); low < 1 {
		t.Error("no container was up at one time")
	}
	if !slices.ContainsFunc(s.running(), sameTask(before)) {
		t.Error("the healthy task was replaced by one that never was healthy")
	}
}

// TestKilledWhileUpdating: after kill -9 in the middle of a rolling update and a start on the same
// directory, the update goes on to its end.
func TestKilledWhileUpdating(t *testing.T) {
	dir := t.TempDir()
	d := startDev(t, "--data-dir", dir)
	removeAtEnd(t, d.instance())
	family := d.family(app("main", "serve"))
	s := d.service(4, family, func(in *ecs.CreateServiceInput) {
		in.DeploymentConfiguration = &types.DeploymentConfiguration{MinimumHealthyPercent: aws.Int32(100), MaximumPercent: aws.Int32(125)}
	})
	watch := d.watch(family + ":")
	s.update(func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String(d.family(app("main", "sleep"))) })
	s.until("the update is under way", func() bool {
		return slices.ContainsFunc(s.running(), func(task types.Task) bool { return strings.HasSuffix(*task.TaskDefinitionArn, ":2") })
	})
	d.kill()
	d = startDev(t, "--data-dir", dir)
	s.d = d
	s.stable()
	if low := watch.stop(); low < 4 {
		t.Errorf("%d containers were up at one time, of 4 that must be", low)
	}
	now := s.running()
	for _, task := range now {
		if !strings.HasSuffix(aws.ToString(task.TaskDefinitionArn), family+":2") {
			t.Errorf("a task of %s is left", aws.ToString(task.TaskDefinitionArn))
		}
	}
	if ids := upContainers(t, d.instance()); len(now) != 4 || len(ids) != 4 {
		t.Errorf("%d tasks in %d containers, want 4", len(now), len(ids))
	}
}
