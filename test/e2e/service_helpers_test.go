package e2e

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// service is an ECS service of a dev.
type service struct {
	d    *dev
	name string
}

// service makes a service of a family, waits until its tasks are up and healthy, and deletes it at
// the end of the test.
func (d *dev) service(count int32, family string, with ...func(*ecs.CreateServiceInput)) *service {
	d.t.Helper()
	s := d.create(count, family, with...)
	s.stable()
	s.until("its deployment is complete", func() bool {
		return s.describe().Deployments[0].RolloutState == types.DeploymentRolloutStateCompleted
	})
	return s
}

// create makes a service of a family and deletes it at the end of the test.
func (d *dev) create(count int32, family string, with ...func(*ecs.CreateServiceInput)) *service {
	d.t.Helper()
	in := &ecs.CreateServiceInput{ServiceName: aws.String(d.serviceName()), TaskDefinition: aws.String(family), DesiredCount: aws.Int32(count)}
	for _, w := range with {
		w(in)
	}
	if _, err := d.ecs.CreateService(d.t.Context(), in); err != nil {
		d.t.Fatal(err)
	}
	s := &service{d, *in.ServiceName}
	s.deleteAtEnd(d.t)
	return s
}

// serviceName returns a name that is unique to the test.
func (d *dev) serviceName() string {
	return strings.NewReplacer("/", "-", " ", "_", ",", "").Replace(d.t.Name())
}

func withBreaker(in *ecs.CreateServiceInput) {
	in.DeploymentConfiguration = &types.DeploymentConfiguration{DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: true, Rollback: true}}
}

// cannotStart returns a container whose command is not in its image.
func cannotStart() types.ContainerDefinition {
	c := app("main")
	c.EntryPoint = []string{"/no/such/command"}
	return c
}

// upContainers returns the ids of an instance's containers that are up.
func upContainers(t *testing.T, instance string) []string {
	t.Helper()
	return strings.Fields(docker(t, "ps", "-q", "--filter", "label=gantry.instance="+instance))
}

// check returns a health check that runs a command often.
func check(command ...string) *types.HealthCheck {
	return &types.HealthCheck{Command: append([]string{"CMD"}, command...), Interval: aws.Int32(5), Timeout: aws.Int32(2), Retries: aws.Int32(1)}
}

// deleteAtEnd deletes the service, and prints its events if the test has failed.
func (s *service) deleteAtEnd(t *testing.T) {
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("events of %s:\n%s", s.name, strings.Join(s.events(), "\n"))
		}
		in := &ecs.DeleteServiceInput{Service: aws.String(s.name), Force: aws.Bool(true)}
		// If it is gone already, all is well.
		_, _ = s.d.ecs.DeleteService(context.Background(), in)
	})
}

func (s *service) delete() {
	s.d.t.Helper()
	in := &ecs.DeleteServiceInput{Service: aws.String(s.name), Force: aws.Bool(true)}
	if _, err := s.d.ecs.DeleteService(s.d.t.Context(), in); err != nil {
		s.d.t.Fatal(err)
	}
}

func (s *service) update(change func(*ecs.UpdateServiceInput)) {
	s.d.t.Helper()
	in := &ecs.UpdateServiceInput{Service: aws.String(s.name)}
	change(in)
	if _, err := s.d.ecs.UpdateService(s.d.t.Context(), in); err != nil {
		s.d.t.Fatal(err)
	}
}

func (s *service) describe() types.Service {
	s.d.t.Helper()
	out, err := s.d.ecs.DescribeServices(s.d.t.Context(), &ecs.DescribeServicesInput{Services: []string{s.name}})
	if err != nil {
		s.d.t.Fatal(err)
	}
	if len(out.Services) != 1 {
		s.d.t.Fatalf("service %s is not described: %+v", s.name, out.Failures)
	}
	return out.Services[0]
}

// stable waits as `aws ecs wait services-stable` does.
func (s *service) stable() {
	s.d.t.Helper()
	waiter := ecs.NewServicesStableWaiter(s.d.ecs, func(o *ecs.ServicesStableWaiterOptions) {
		o.MinDelay, o.MaxDelay = 50*time.Millisecond, 100*time.Millisecond
	})
	if err := waiter.Wait(s.d.t.Context(), &ecs.DescribeServicesInput{Services: []string{s.name}}, patience); err != nil {
		now := s.describe()
		s.d.t.Fatalf("%v: desired %d, running %d, pending %d, deployments %+v\n%s", err, now.DesiredCount, now.RunningCount, now.PendingCount,
			now.Deployments, strings.Join(s.events(), "\n"))
	}
}

// inactive waits as `aws ecs wait services-inactive` does.
func (s *service) inactive() {
	s.d.t.Helper()
	waiter := ecs.NewServicesInactiveWaiter(s.d.ecs, func(o *ecs.ServicesInactiveWaiterOptions) {
		o.MinDelay, o.MaxDelay = 50*time.Millisecond, 100*time.Millisecond
	})
	if err := waiter.Wait(s.d.t.Context(), &ecs.DescribeServicesInput{Services: []string{s.name}}, patience); err != nil {
		s.d.t.Fatal(err)
	}
}

// until waits until something holds of the service.
func (s *service) until(what string, holds func() bool) {
	s.d.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
	}
	s.d.t.Fatalf("waited in vain until %s; events:\n%s", what, strings.Join(s.events(), "\n"))
}

// events returns the messages of the service, newest first.
func (s *service) events() []string {
	out, err := s.d.ecs.DescribeServices(context.Background(), &ecs.DescribeServicesInput{Services: []string{s.name}})
	if err != nil || len(out.Services) != 1 {
		return nil
	}
	var messages []string
	for _, e := range out.Services[0].Events {
		messages = append(messages, aws.ToString(e.Message))
	}
	return messages
}

func (s *service) hasEvent(part string) bool {
	return strings.Contains(strings.Join(s.events(), "\n"), part)
}

func (s *service) wantEvent(part string) {
	s.d.t.Helper()
	if !s.hasEvent(part) {
		s.d.t.Errorf("no event says %q:\n%s", part, strings.Join(s.events(), "\n"))
	}
}

// running returns the tasks of the service that run and should go on.
func (s *service) running() []types.Task {
	s.d.t.Helper()
	var out []types.Task
	for _, task := range s.tasks(types.DesiredStatusRunning) {
		if aws.ToString(task.LastStatus) == "RUNNING" && aws.ToString(task.DesiredStatus) == "RUNNING" {
			out = append(out, task)
		}
	}
	return out
}

func (s *service) stopped() []types.Task {
	s.d.t.Helper()
	return s.tasks(types.DesiredStatusStopped)
}

func (s *service) tasks(desired types.DesiredStatus) []types.Task {
	s.d.t.Helper()
	listed, err := s.d.ecs.ListTasks(s.d.t.Context(), &ecs.ListTasksInput{ServiceName: aws.String(s.name), DesiredStatus: desired})
	if err != nil {
		s.d.t.Fatal(err)
	}
	if len(listed.TaskArns) == 0 {
		return nil
	}
	out, err := s.d.ecs.DescribeTasks(s.d.t.Context(), &ecs.DescribeTasksInput{Tasks: listed.TaskArns})
	if err != nil {
		s.d.t.Fatal(err)
	}
	return out.Tasks
}

func sameTask(a types.Task) func(types.Task) bool {
	return func(b types.Task) bool { return aws.ToString(a.TaskArn) == aws.ToString(b.TaskArn) }
}

// deployments returns the service deployments, newest first.
func (s *service) deployments() []types.ServiceDeploymentBrief {
	s.d.t.Helper()
	out, err := s.d.ecs.ListServiceDeployments(s.d.t.Context(), &ecs.ListServiceDeploymentsInput{Service: aws.String(s.name)})
	if err != nil {
		s.d.t.Fatal(err)
	}
	return out.ServiceDeployments
}

func (s *service) describeDeployment(arn string) types.ServiceDeployment {
	s.d.t.Helper()
	out, err := s.d.ecs.DescribeServiceDeployments(s.d.t.Context(), &ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{arn}})
	if err != nil {
		s.d.t.Fatal(err)
	}
	if len(out.ServiceDeployments) != 1 {
		s.d.t.Fatalf("service deployment %s is not described: %+v", arn, out.Failures)
	}
	return out.ServiceDeployments[0]
}

// watch counts the running containers of some task definitions, again and again, as Docker has
// them.
type watch struct {
	end chan struct{}
	low chan int
}

// watch starts to count the containers of revisions whose names begin with one of the prefixes.
func (d *dev) watch(prefixes ...string) *watch {
	w := &watch{end: make(chan struct{}), low: make(chan int, 1)}
	filter := "label=gantry.instance=" + d.instance()
	go func() {
		low := -1
		for {
			out, err := exec.Command("docker", "ps", "--filter", filter, "--format", `{{.Label "gantry.definition"}}`).Output()
			up := 0
			for definition := range strings.FieldsSeq(string(out)) {
				if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(definition, p) }) {
					up++
				}
			}
			if err == nil && (low < 0 || up < low) {
				low = up
			}
			select {
			case <-w.end:
				w.low <- low
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return w
}

// stop ends the watch and returns the lowest count.
func (w *watch) stop() int {
	close(w.end)
	return <-w.low
}
