package hosts

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/hosts"
	"github.com/gantry-project/gantry/testutil/openloop"
)

const (
	trafficPort  = 8081
	trafficTasks = 4
	trafficRate  = 100 // requests a second
)

// TestTraffic sends requests at a steady rate through all ingress instances, while everything
// planned happens that happens to a cluster. None of them may fail.
func TestTraffic(t *testing.T) {
	w := &traffic{startCluster(t, hosts.ClusterConfig{Servers: 3, Agents: 3})}
	w.begin(t)
	for _, step := range []struct {
		name string
		// over are the ingress instances that get requests; none: all.
		over []*hosts.Agent
		run  func(*testing.T)
	}{
		{"nothing happens", nil, func(*testing.T) { time.Sleep(3 * time.Second) }},
		{"a rolling deployment", nil, w.deploy},
		{"tasks are stopped", nil, w.stopTasks},
		{"fewer tasks are wanted, and more", nil, w.scale},
		{"an instance is drained", nil, w.drain},
		{"another leader", nil, w.loseLeader},
		{"an agent restarts", w.Agents[1:], w.restartAgent},
		{"an ingress instance restarts under its own load", w.Agents[:1], w.restartAgent},
	} {
		passed := t.Run(step.name, func(t *testing.T) {
			urls := w.urls(step.over)
			kept := openloop.Start(openloop.Config{Rate: trafficRate, URLs: urls})
			fresh := openloop.Start(openloop.Config{Rate: trafficRate / 2, URLs: urls, Fresh: true})
			step.run(t)
			time.Sleep(time.Second)
			for kind, load := range map[string]*openloop.Load{"kept connections": kept, "fresh connections": fresh} {
				r := load.Stop()
				t.Logf("%s: %v", kind, r)
				if len(r.Failed) > 0 {
					t.Errorf("%s: %d of %d requests failed, first at %v", kind, len(r.Failed), r.Requests, r.Failed[0].Sent.UTC())
				}
			}
		})
		if !passed {
			w.showLogs(t)
			return
		}
	}
	w.checkLogs(t)
}

// traffic is a cluster with a service behind a load balancer.
type traffic struct{ *harness }

func (w *traffic) urls(over []*hosts.Agent) (urls []string) {
	if over == nil {
		over = w.Agents
	}
	for _, a := range over {
		urls = append(urls, fmt.Sprintf("http://%s:%d/", a.Address, trafficPort))
	}
	return urls
}

// elb makes a call at one server after the other until one does not fail.
func (w *traffic) elb(t *testing.T, call func(context.Context, *elb.Client) error) {
	t.Helper()
	w.await(t, "a call is answered", func() (err error) {
		for _, s := range w.Servers {
			if s.Ended() {
				continue
			}
			one, cancel := context.WithTimeout(w.ctx, hosts.CallTimeout)
			err = call(one, s.ELB())
			cancel()
			if err == nil {
				return nil
			}
		}
		return err
	})
}

// ecs makes a call until a server carries it out.
func (w *traffic) ecs(t *testing.T, call func(context.Context, *ecs.Client) error) {
	t.Helper()
	w.await(t, "a call is carried out", func() error { return w.Ask(w.ctx, call) })
}

// begin makes the load balancer and the service, and waits until it serves at every instance.
func (w *traffic) begin(t *testing.T) {
	t.Helper()
	var balancer, group string
	w.elb(t, func(ctx context.Context, c *elb.Client) error {
		b, err := c.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: aws.String("front"), Subnets: []string{"subnet-1", "subnet-2"}})
		if err == nil {
			balancer = aws.ToString(b.LoadBalancers[0].LoadBalancerArn)
		}
		return err
	})
	w.elb(t, func(ctx context.Context, c *elb.Client) error {
		g, err := c.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
			Name: aws.String("web"), Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: aws.String("vpc-1"), TargetType: types.TargetTypeEnumInstance,
			HealthCheckIntervalSeconds: aws.Int32(5), HealthCheckTimeoutSeconds: aws.Int32(2), HealthyThresholdCount: aws.Int32(2),
		})
		if err != nil {
			return err
		}
		group = aws.ToString(g.TargetGroups[0].TargetGroupArn)
		_, err = c.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{
			TargetGroupArn: aws.String(group), Attributes: []types.TargetGroupAttribute{
				{Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String("20")},
			},
		})
		return err
	})
	w.elb(t, func(ctx context.Context, c *elb.Client) error {
		_, err := c.CreateListener(ctx, &elb.CreateListenerInput{
			LoadBalancerArn: aws.String(balancer), Protocol: types.ProtocolEnumHttp, Port: aws.Int32(trafficPort),
			DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: aws.String(group)}},
		})
		return err
	})
	w.revision(t, "one")
	w.ecs(t, func(ctx context.Context, c *ecs.Client) error {
		_, err := c.CreateService(ctx, &ecs.CreateServiceInput{
			ServiceName: aws.String("web"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(trafficTasks),
			LoadBalancers: []ecstypes.LoadBalancer{{TargetGroupArn: aws.String(group), ContainerName: aws.String("app"), ContainerPort: aws.Int32(80)}},
		})
		return err
	})
	w.settled(t)
	for _, url := range w.urls(nil) {
		w.await(t, url+" answers", func() error {
			l := openloop.Start(openloop.Config{Rate: 10, URLs: []string{url}})
			time.Sleep(time.Second)
			if r := l.Stop(); len(r.Failed) > 0 {
				return fmt.Errorf("%v", r)
			}
			return nil
		})
	}
}

// revision registers the next revision of the definition, whose tasks answer with a greeting.
func (w *traffic) revision(t *testing.T, greeting string) {
	t.Helper()
	w.ecs(t, func(ctx context.Context, c *ecs.Client) error {
		_, err := c.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
			Family: aws.String("web"), NetworkMode: ecstypes.NetworkModeBridge,
			ContainerDefinitions: []ecstypes.ContainerDefinition{{
				Name: aws.String("app"), Image: aws.String(testutil.AppImage), Command: []string{"serve"}, Cpu: 1, Memory: aws.Int32(32),
				PortMappings: []ecstypes.PortMapping{{ContainerPort: aws.Int32(80)}},
				Environment:  []ecstypes.KeyValuePair{{Name: aws.String("GREETING"), Value: aws.String(greeting)}},
			}},
		})
		return err
	})
}

// settled waits until the service has one deployment, completed, and all its tasks.
func (w *traffic) settled(t *testing.T) {
	t.Helper()
	w.await(t, "the service is settled", func() error {
		return w.Ask(w.ctx, func(ctx context.Context, c *ecs.Client) error {
			out, err := c.DescribeServices(ctx, &ecs.DescribeServicesInput{Services: []string{"web"}})
			if err != nil {
				return err
			}
			s := out.Services[0]
			if len(s.Deployments) != 1 || s.Deployments[0].RolloutState != ecstypes.DeploymentRolloutStateCompleted || s.RunningCount != s.DesiredCount || s.PendingCount != 0 {
				return fmt.Errorf("%d deployments, the first %s, %d of %d tasks run", len(s.Deployments), s.Deployments[0].RolloutState, s.RunningCount, s.DesiredCount)
			}
			return nil
		})
	})
}
