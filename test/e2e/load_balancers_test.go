package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/gantry-project/gantry/testutil/openloop"
)

// front is a load balancer of a dev with one listener and two target groups.
type front struct {
	url    string
	groups [2]string // ARNs
	rule   string    // the ARN of the listener's default rule
}

// TestLoadBalancers runs services behind a load balancer, on one dev.
func TestLoadBalancers(t *testing.T) {
	d := startDev(t)
	tests := map[string]func(*testing.T, *dev, *front){
		"a rolling deployment fails no request":      rollingUnderLoad,
		"blue green moves from group to group":       blueGreenGroups,
		"a revision that fails its checks goes back": targetsThatFail,
		"a target that fails is replaced":            targetReplaced,
		"a stopped task fails no request":            stopUnderLoad,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			sub := *d
			sub.t = t
			test(t, &sub, sub.front())
		})
	}
}

func (d *dev) elb() *elb.Client {
	of := d.ecs.Options()
	return elb.New(elb.Options{
		Region: of.Region, BaseEndpoint: of.BaseEndpoint, Retryer: of.Retryer, Credentials: of.Credentials, HTTPClient: of.HTTPClient,
	})
}

// front makes a load balancer for a test, and removes it at its end.
func (d *dev) front() *front {
	d.t.Helper()
	ctx, c := d.t.Context(), d.elb()
	name := fmt.Sprintf("t%d", time.Now().UnixNano())
	must := func(err error) {
		d.t.Helper()
		if err != nil {
			d.t.Fatal(err)
		}
	}
	b, err := c.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: aws.String(name), Subnets: []string{"subnet-1", "subnet-2"}})
	must(err)
	balancer := b.LoadBalancers[0].LoadBalancerArn
	f := &front{}
	for n := range f.groups {
		g, err := c.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
			Name: aws.String(fmt.Sprintf("%s-%d", name, n)), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: aws.String("vpc-1"),
			TargetType: elbtypes.TargetTypeEnumInstance, HealthCheckIntervalSeconds: aws.Int32(5), HealthCheckTimeoutSeconds: aws.Int32(2),
			HealthyThresholdCount: aws.Int32(2), UnhealthyThresholdCount: aws.Int32(2),
		})
		must(err)
		f.groups[n] = aws.ToString(g.TargetGroups[0].TargetGroupArn)
	}
	port := freePort(d.t)
	l, err := c.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: balancer, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(port),
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: aws.String(f.groups[0])}},
	})
	must(err)
	f.url = fmt.Sprintf("http://127.0.0.1:%d/", port)
	rules, err := c.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: l.Listeners[0].ListenerArn})
	must(err)
	f.rule = aws.ToString(rules.Rules[len(rules.Rules)-1].RuleArn)
	d.t.Cleanup(func() {
		ctx := context.Background()
		_, _ = c.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: balancer})
		for _, g := range f.groups {
			_, _ = c.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: aws.String(g)})
		}
	})
	return f
}

// behind puts a service behind the load balancer.
func (f *front) behind(in *ecs.CreateServiceInput) {
	in.LoadBalancers = []types.LoadBalancer{{
		TargetGroupArn: aws.String(f.groups[0]), ContainerName: aws.String("main"), ContainerPort: aws.Int32(80),
	}}
}

// served is a container that answers with a greeting.
func served(greeting string) types.ContainerDefinition {
	c := app("main", "serve")
	c.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80)}}
	c.Environment = []types.KeyValuePair{{Name: aws.String("GREETING"), Value: aws.String(greeting)}}
	return c
}

// under runs a step under load, through which no request may fail, and returns what came of it.
func (f *front) under(t *testing.T, step func()) openloop.Result {
	t.Helper()
	kept := openloop.Start(openloop.Config{Rate: 100, URLs: []string{f.url}})
	fresh := openloop.Start(openloop.Config{Rate: 50, URLs: []string{f.url}, Fresh: true})
	step()
	time.Sleep(time.Second)
	r := kept.Stop()
	for kind, of := range map[string]openloop.Result{"kept connections": r, "fresh connections": fresh.Stop()} {
		t.Logf("%s: %v", kind, of)
		if len(of.Failed) > 0 {
			t.Errorf("%s: %d of %d requests failed, first %+v", kind, len(of.Failed), of.Requests, of.Failed[0])
		}
	}
	return r
}

func (f *front) await(t *testing.T, s *service) {
	t.Helper()
	s.until("the load balancer answers", func() bool {
		l := openloop.Start(openloop.Config{Rate: 20, URLs: []string{f.url}})
		time.Sleep(200 * time.Millisecond)
		return len(l.Stop().Failed) == 0
	})
}

func (s *service) move(to types.ContainerDefinition) {
	s.d.t.Helper()
	family := s.d.family(to)
	s.update(func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String(family) })
	s.until("one deployment is left", func() bool {
		all := s.describe().Deployments
		return len(all) == 1 && all[0].RolloutState == types.DeploymentRolloutStateCompleted
	})
}

func rollingUnderLoad(t *testing.T, d *dev, f *front) {
	s := d.service(2, d.family(served("one")), f.behind)
	f.await(t, s)
	r := f.under(t, func() { s.move(served("two")) })
	if len(r.Answers) < 2 {
		t.Errorf("the answers were %v; want those of both revisions", r.Answers)
	}
	events := strings.Join(s.events(), "\n")
	for _, want := range []string{
		"registered 1 targets in (target-group " + f.groups[0] + ")", "deregistered ", "has begun draining connections on ",
	} {
		if !strings.Contains(events, want) {
			t.Errorf("no event says %q:\n%s", want, events)
		}
	}
}

func blueGreenGroups(t *testing.T, d *dev, f *front) {
	s := d.service(2, d.family(served("blue")), f.behind, func(in *ecs.CreateServiceInput) {
		in.DeploymentConfiguration = &types.DeploymentConfiguration{Strategy: types.DeploymentStrategyBlueGreen, BakeTimeInMinutes: aws.Int32(0)}
		in.LoadBalancers[0].AdvancedConfiguration = &types.AdvancedConfiguration{
			AlternateTargetGroupArn: aws.String(f.groups[1]), ProductionListenerRule: aws.String(f.rule), RoleArn: aws.String("arn:aws:iam::000000000000:role/r"),
		}
	})
	f.await(t, s)
	for n, greeting := range []string{"green", "blue again"} {
		f.under(t, func() { s.move(served(greeting)) })
		for i, group := range f.groups {
			want := 0
			if i == 1-n {
				want = 2
			}
			if got := d.healthy(group); got != want {
				t.Errorf("after %s, group %d has %d healthy targets; want %d", greeting, i, got, want)
			}
		}
	}
}

// healthy returns how many targets of a group are healthy.
func (d *dev) healthy(group string) (n int) {
	d.t.Helper()
	out, err := d.elb().DescribeTargetHealth(d.t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: aws.String(group)})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, h := range out.TargetHealthDescriptions {
		if h.TargetHealth.State == elbtypes.TargetHealthStateEnumHealthy {
			n++
		}
	}
	return n
}

// targetsThatFail: tasks that run but answer no check replace nothing, and trip the breaker.
func targetsThatFail(t *testing.T, d *dev, f *front) {
	s := d.service(1, d.family(served("good")), f.behind, withBreaker)
	f.await(t, s)
	bad := served("bad")
	bad.Command = []string{"sleep"}
	f.under(t, func() {
		family := d.family(bad)
		s.update(func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String(family) })
		s.until("the service goes back", func() bool {
			return s.deployments()[0].Status == types.ServiceDeploymentStatusRollbackSuccessful
		})
	})
	reason := "Task failed ELB health checks in (target-group " + f.groups[0] + ")"
	if !strings.Contains(fmt.Sprint(d.stopReasons(s)), reason) {
		t.Errorf("no task was stopped because of %q: %v", reason, d.stopReasons(s))
	}
}

// stopReasons returns why tasks of a service stopped.
func (d *dev) stopReasons(s *service) (reasons []string) {
	d.t.Helper()
	listed, err := d.ecs.ListTasks(d.t.Context(), &ecs.ListTasksInput{ServiceName: aws.String(s.name), DesiredStatus: types.DesiredStatusStopped})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, arn := range listed.TaskArns {
		reasons = append(reasons, aws.ToString(d.describe(arn).StoppedReason))
	}
	return reasons
}

// targetReplaced: the path of the checks is changed to one that the tasks refuse, and then back.
func targetReplaced(t *testing.T, d *dev, f *front) {
	s := d.service(1, d.family(served("here")), f.behind)
	f.await(t, s)
	set := func(path string) {
		_, err := d.elb().ModifyTargetGroup(t.Context(), &elb.ModifyTargetGroupInput{TargetGroupArn: aws.String(f.groups[0]), HealthCheckPath: aws.String(path)})
		if err != nil {
			t.Fatal(err)
		}
	}
	set("/nowhere")
	s.until("another task is started", func() bool { return len(s.running()) > 1 })
	set("/")
	s.until("one task is left", func() bool { return len(s.running()) == 1 && s.describe().RunningCount == 1 })
	if !strings.Contains(strings.Join(s.events(), "\n"), "is unhealthy in (target-group "+f.groups[0]+") due to (reason Health checks failed with these codes: [404]") {
		t.Errorf("no event says that the target is unhealthy: %v", s.events())
	}
}

// stopUnderLoad: while another task takes the place of the stopped one, it goes on answering.
func stopUnderLoad(t *testing.T, d *dev, f *front) {
	s := d.service(1, d.family(served("slow")), f.behind)
	f.await(t, s)
	f.under(t, func() {
		for _, task := range s.running() {
			d.stopTask(aws.ToString(task.TaskArn))
		}
		s.until("another task serves", func() bool { return d.healthy(f.groups[0]) == 1 })
	})
}
