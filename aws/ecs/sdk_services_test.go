package ecs

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const waitLong = 10 * time.Second // nothing takes that long

// serviceLife is a service in AWS's Go client, with its waiters. Between the calls the fixture does
// what agents would do.
type serviceLife struct {
	*sdkWalk
	arn *string
}

// serviceActions takes a service called api through its life.
func (w *sdkWalk) serviceActions() {
	s := &serviceLife{sdkWalk: w}
	s.create()
	s.update()
	s.stopDeployment()
	s.blueGreen()
	s.protect()
	s.delete()
}

func (s *serviceLife) waitStable() types.Service {
	s.Helper()
	s.f.Settle(s)
	in := &ecs.DescribeServicesInput{Services: []string{*s.arn}, Include: []types.ServiceField{types.ServiceFieldTags}}
	waiter := ecs.NewServicesStableWaiter(s.client, func(o *ecs.ServicesStableWaiterOptions) { o.MinDelay, o.MaxDelay = time.Millisecond, time.Millisecond })
	s.must(waiter.Wait(s.Context(), in, waitLong))
	out, err := s.client.DescribeServices(s.Context(), in)
	s.must(err)
	return out.Services[0]
}

func (s *serviceLife) tasks() []string {
	s.Helper()
	out, err := s.client.ListTasks(s.Context(), &ecs.ListTasksInput{ServiceName: s.arn})
	s.must(err)
	return out.TaskArns
}

func (s *serviceLife) describeDeployment(arn *string) types.ServiceDeployment {
	s.Helper()
	out, err := s.client.DescribeServiceDeployments(s.Context(), &ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{*arn}})
	s.must(err)
	return out.ServiceDeployments[0]
}

func (s *serviceLife) create() {
	s.Helper()
	ctx := s.Context()
	for range 2 {
		_, err := s.client.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
			Family: aws.String("api"), ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("c"), Image: aws.String("i"), Memory: aws.Int32(64)}},
		})
		s.must(err)
	}
	in := &ecs.CreateServiceInput{
		ServiceName: aws.String("api"), TaskDefinition: aws.String("api:1"), DesiredCount: aws.Int32(2),
		Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
	}
	created, err := s.client.CreateService(ctx, in)
	s.must(err)
	s.arn = created.Service.ServiceArn
	s.equal("status", *created.Service.Status, "ACTIVE")
	s.equal("pending", created.Service.PendingCount, int32(2))
	s.equal("controller", created.Service.DeploymentController.Type, types.DeploymentControllerTypeEcs)
	in.Cluster, in.ClientToken = aws.String("default"), aws.String("said otherwise")
	again, err := s.client.CreateService(ctx, in)
	s.must(err)
	s.equal("deployment of the same request again", again.Service.Deployments[0].Id, created.Service.Deployments[0].Id)
	listed, err := s.client.ListServices(ctx, &ecs.ListServicesInput{})
	s.must(err)
	s.equal("services", listed.ServiceArns, []string{*s.arn})
	cluster, err := s.client.DescribeClusters(ctx, &ecs.DescribeClustersInput{})
	s.must(err)
	s.equal("active services", cluster.Clusters[0].ActiveServicesCount, int32(1))

	stable := s.waitStable()
	s.equal("rollout", stable.Deployments[0].RolloutState, types.DeploymentRolloutStateCompleted)
	s.equal("tags", stable.Tags, in.Tags)
	if newest := *stable.Events[0].Message; !strings.Contains(newest, "has reached a steady state") {
		s.Errorf("the newest event is %q", newest)
	}
}

func (s *serviceLife) update() {
	s.Helper()
	ctx := s.Context()
	updated, err := s.client.UpdateService(ctx, &ecs.UpdateServiceInput{Service: s.arn, TaskDefinition: aws.String("api")})
	s.must(err)
	s.equal("deployments during the update", len(updated.Service.Deployments), 2)
	primary := updated.Service.Deployments[0]
	s.equal("status of the newest deployment", *primary.Status, "PRIMARY")
	fresh, err := s.client.ListTasks(ctx, &ecs.ListTasksInput{StartedBy: primary.Id})
	s.must(err)
	s.equal("tasks and new tasks during the update", []int{len(s.tasks()), len(fresh.TaskArns)}, []int{4, 2})

	listed, err := s.client.ListServiceDeployments(ctx, &ecs.ListServiceDeploymentsInput{
		Service: s.arn, CreatedAt: &types.CreatedAt{After: primary.CreatedAt},
	})
	s.must(err)
	s.equal("deployments since the update", len(listed.ServiceDeployments), 1)
	brief := listed.ServiceDeployments[0]
	if _, digits, _ := strings.Cut(*primary.Id, "/"); !strings.Contains(*brief.TargetServiceRevisionArn, digits) {
		s.Errorf("%s is not of deployment %s (Terraform looks for its digits)", *brief.TargetServiceRevisionArn, *primary.Id)
	}
	s.equal("deployment", s.describeDeployment(brief.ServiceDeploymentArn).Status, types.ServiceDeploymentStatusInProgress)
	revisions, err := s.client.DescribeServiceRevisions(ctx, &ecs.DescribeServiceRevisionsInput{ServiceRevisionArns: []string{*brief.TargetServiceRevisionArn}})
	s.must(err)
	if got := *revisions.ServiceRevisions[0].TaskDefinition; !strings.HasSuffix(got, "task-definition/api:2") {
		s.Errorf("the new revision is of %s", got)
	}
	s.equal("deployments after the update", len(s.waitStable().Deployments), 1)
	s.equal("deployment", s.describeDeployment(brief.ServiceDeploymentArn).Status, types.ServiceDeploymentStatusSuccessful)
}

func (s *serviceLife) stopDeployment() {
	s.Helper()
	ctx := s.Context()
	_, err := s.client.UpdateService(ctx, &ecs.UpdateServiceInput{Service: s.arn, ForceNewDeployment: true})
	s.must(err)
	listed, err := s.client.ListServiceDeployments(ctx, &ecs.ListServiceDeploymentsInput{Service: s.arn, MaxResults: aws.Int32(1)})
	s.must(err)
	arn := listed.ServiceDeployments[0].ServiceDeploymentArn
	_, err = s.client.StopServiceDeployment(ctx, &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: arn})
	s.must(err)
	s.waitStable()
	stopped := s.describeDeployment(arn)
	s.equal("stopped deployment", stopped.Status, types.ServiceDeploymentStatusRollbackSuccessful)
	if r := stopped.Rollback; r == nil || stopped.FinishedAt == nil || !stopped.FinishedAt.After(*r.StartedAt) {
		s.Errorf("finished at %v, of the rollback %+v", stopped.FinishedAt, r)
	}
}

// blueGreen moves all of the service's traffic at once, and has the service wait before the old
// tasks are stopped.
func (s *serviceLife) blueGreen() {
	s.Helper()
	ctx := s.Context()
	configure := func(c types.DeploymentConfiguration) {
		s.Helper()
		_, err := s.client.UpdateService(ctx, &ecs.UpdateServiceInput{
			Service: s.arn, ForceNewDeployment: c.Strategy != types.DeploymentStrategyRolling, DeploymentConfiguration: &c,
		})
		s.must(err)
	}
	configure(types.DeploymentConfiguration{
		Strategy: types.DeploymentStrategyBlueGreen, BakeTimeInMinutes: aws.Int32(0),
		LifecycleHooks: []types.DeploymentLifecycleHook{{
			TargetType:      types.DeploymentLifecycleHookTargetTypePause,
			LifecycleStages: []types.DeploymentLifecycleHookStage{types.DeploymentLifecycleHookStagePostProductionTrafficShift},
		}},
	})
	s.f.Settle(s)
	s.f.Advance(s, 2*time.Second)
	listed, err := s.client.ListServiceDeployments(ctx, &ecs.ListServiceDeploymentsInput{Service: s.arn, MaxResults: aws.Int32(1)})
	s.must(err)
	arn := listed.ServiceDeployments[0].ServiceDeploymentArn
	paused := s.describeDeployment(arn)
	s.equal("stage", paused.LifecycleStage, types.ServiceDeploymentLifecycleStagePostProductionTrafficShift)
	s.equal("traffic", *paused.TargetServiceRevision.RequestedProductionTrafficWeight, 100.0)
	hook := paused.LifecycleHookDetails[0]
	s.equal("hook", hook.Status, types.DeploymentLifecycleHookStatusAwaitingAction)
	_, err = s.client.ContinueServiceDeployment(ctx, &ecs.ContinueServiceDeploymentInput{ServiceDeploymentArn: arn, HookId: hook.HookId})
	s.must(err)
	s.waitStable()
	s.equal("blue/green deployment", s.describeDeployment(arn).Status, types.ServiceDeploymentStatusSuccessful)
	configure(types.DeploymentConfiguration{Strategy: types.DeploymentStrategyRolling})
}

func (s *serviceLife) protect() {
	s.Helper()
	ctx := s.Context()
	keep := s.tasks()[1]
	protected, err := s.client.UpdateTaskProtection(ctx, &ecs.UpdateTaskProtectionInput{
		Cluster: aws.String("default"), Tasks: []string{keep, s.f.running.ID}, ProtectionEnabled: true,
	})
	s.must(err)
	s.equal("protected task", *protected.ProtectedTasks[0].TaskArn, keep)
	s.equal("task of no service", *protected.Failures[0].Reason, "TASK_NOT_VALID")
	_, err = s.client.UpdateService(ctx, &ecs.UpdateServiceInput{Service: s.arn, DesiredCount: aws.Int32(1)})
	s.must(err)
	s.waitStable()
	s.equal("tasks that are left", s.tasks(), []string{keep})
	protection, err := s.client.GetTaskProtection(ctx, &ecs.GetTaskProtectionInput{Cluster: aws.String("default"), Tasks: []string{keep}})
	s.must(err)
	s.equal("protection", protection.ProtectedTasks[0].ProtectionEnabled, true)
}

func (s *serviceLife) delete() {
	s.Helper()
	ctx := s.Context()
	_, err := s.client.TagResource(ctx, &ecs.TagResourceInput{ResourceArn: s.arn, Tags: []types.Tag{{Key: aws.String("l"), Value: aws.String("m")}}})
	s.must(err)
	tags, err := s.client.ListTagsForResource(ctx, &ecs.ListTagsForResourceInput{ResourceArn: s.arn})
	s.must(err)
	s.equal("tags", len(tags.Tags), 2)

	_, err = s.client.DeleteService(ctx, &ecs.DeleteServiceInput{Service: s.arn})
	if e, ok := errors.AsType[*types.InvalidParameterException](err); !ok || !strings.Contains(e.ErrorMessage(), "scaled above 0") {
		s.Errorf("deleted while it is scaled above 0: %v", err)
	}
	deleted, err := s.client.DeleteService(ctx, &ecs.DeleteServiceInput{Service: s.arn, Force: aws.Bool(true)})
	s.must(err)
	s.equal("deleted", *deleted.Service.Status, "DRAINING")
	s.f.Settle(s)
	waiter := ecs.NewServicesInactiveWaiter(s.client, func(o *ecs.ServicesInactiveWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Millisecond, time.Millisecond
	})
	s.must(waiter.Wait(ctx, &ecs.DescribeServicesInput{Services: []string{"api"}}, waitLong))
	_, err = s.client.UpdateService(ctx, &ecs.UpdateServiceInput{Service: s.arn, DesiredCount: aws.Int32(1)})
	if _, ok := errors.AsType[*types.ServiceNotActiveException](err); !ok {
		s.Errorf("update of a deleted service: %v", err)
	}
}

// Clients that do not give a page size rely on pages of ten.
func TestServicePages(t *testing.T) {
	f := newFixture(t)
	client, called := sdk(t, f)
	var want []string
	for _, name := range []string{"b", "a", "d", "c", "f", "e", "h", "g", "j", "i", "k"} {
		out, err := client.CreateService(t.Context(), &ecs.CreateServiceInput{
			ServiceName: &name, TaskDefinition: aws.String("hello"), DesiredCount: aws.Int32(0),
		})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, *out.Service.ServiceArn)
	}
	slices.Sort(want)
	*called = nil
	var got []string
	for pages := ecs.NewListServicesPaginator(client, &ecs.ListServicesInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, page.ServiceArns...)
	}
	if !slices.Equal(got, want) || len(*called) != 2 {
		t.Errorf("%d calls gave %q, want %q", len(*called), got, want)
	}
}
