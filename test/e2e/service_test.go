package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestServiceOverCLI takes a service through its life with the aws command line and its waiters.
func TestServiceOverCLI(t *testing.T) {
	d := startDev(t)
	first := d.family(app("main", "serve"))
	var created struct {
		Service struct {
			Status               string
			DesiredCount         int
			DeploymentController struct{ Type string }
			Deployments          []struct{ ID, Status, RolloutState string }
		}
	}
	d.aws(&created, "create-service", "--service-name", "web", "--task-definition", first, "--desired-count", "2")
	if s := created.Service; s.Status != "ACTIVE" || s.DesiredCount != 2 || s.DeploymentController.Type != "ECS" || len(s.Deployments) != 1 {
		t.Fatalf("create-service: %+v", s)
	}
	web := &service{d, "web"}
	web.stable() // the command line's waiter looks only every 15 seconds
	d.aws(nil, "wait", "services-stable", "--services", "web")
	web.wantEvent("(service web) has started 2 tasks: (task ")
	// its tasks stay up
	web.until("it is steady", func() bool { return web.hasEvent("(service web) has reached a steady state.") })

	d.aws(nil, "update-service", "--service", "web", "--task-definition", d.family(app("main", "sleep")))
	web.stable()
	d.aws(nil, "wait", "services-stable", "--services", "web")
	if text, err := d.tryAWS("delete-service", "--service", "web"); err == nil || !strings.Contains(text, "The service cannot be stopped while it is scaled above 0.") {
		t.Errorf("deleting a service with tasks: %v %s", err, text)
	}
	d.aws(nil, "update-service", "--service", "web", "--desired-count", "0")
	web.stable()
	d.aws(nil, "delete-service", "--service", "web")
	web.inactive()
	d.aws(nil, "wait", "services-inactive", "--services", "web")
	if ids := upContainers(t, d.instance()); len(ids) > 0 {
		t.Errorf("containers of a deleted service are up: %v", ids)
	}
}

// TestServices checks what a service does to stay what it was asked to be, on one dev.
func TestServices(t *testing.T) {
	d := startDev(t)
	tests := map[string]func(*testing.T, *dev){
		"a killed container is replaced":   killedContainer,
		"a stopped task is replaced":       stoppedTask,
		"rolling update":                   rollingUpdate,
		"update with room for none":        stopsFirst,
		"rollback by the circuit breaker":  circuitBreaker,
		"rollback on request":              rollbackOnRequest,
		"update on top of an update":       updateInFlight,
		"count up and down":                upAndDown,
		"protected tasks stay":             protected,
		"force new deployment":             forceNewDeployment,
		"deleted by force and made again":  deleteByForce,
		"no room at first":                 noRoom,
		"daemon":                           daemon,
		"the same request again":           sameRequest,
		"Terraform finds its deployment":   terraformRule,
		"health checks hold an update":     healthHoldsUpdate,
		"cannot start says so in an event": saysCannotStart,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			sub := *d
			sub.t = t
			test(t, &sub)
		})
	}
}

func killedContainer(t *testing.T, d *dev) {
	s := d.service(2, d.family(app("main", "sleep")))
	before := s.running()
	docker(t, "kill", aws.ToString(before[0].Containers[0].RuntimeId))
	s.until("the killed task is replaced", func() bool {
		now := s.running()
		return len(now) == 2 && !slices.ContainsFunc(now, sameTask(before[0])) && slices.ContainsFunc(now, sameTask(before[1]))
	})
	s.stable()
	dead := d.await(aws.ToString(before[0].TaskArn), "STOPPED")
	if dead.StopCode != types.TaskStopCodeEssentialContainerExited || aws.ToInt32(dead.Containers[0].ExitCode) != 137 {
		t.Errorf("the killed task stopped with %s, exit code %v", dead.StopCode, dead.Containers[0].ExitCode)
	}
}

func stoppedTask(t *testing.T, d *dev) {
	s := d.service(1, d.family(app("main", "sleep")))
	before := s.running()[0]
	d.stopTask(aws.ToString(before.TaskArn))
	s.until("the stopped task is replaced", func() bool {
		now := s.running()
		return len(now) == 1 && !sameTask(before)(now[0])
	})
}

func upAndDown(t *testing.T, d *dev) {
	s := d.service(1, d.family(app("main", "sleep")))
	first := s.running()[0]
	id := aws.ToString(s.describe().Deployments[0].Id)
	for _, count := range []int32{4, 2} {
		s.update(func(in *ecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(count) })
		s.stable()
		s.until("it is steady", func() bool { return strings.HasSuffix(s.events()[0], "has reached a steady state.") })
		if now := len(s.running()); now != int(count) {
			t.Errorf("%d tasks run, want %d", now, count)
		}
	}
	if got := aws.ToString(s.describe().Deployments[0].Id); got != id {
		t.Errorf("another count made deployment %s in place of %s", got, id)
	}
	s.wantEvent("has stopped 2 running tasks: (task ")
	s.update(func(in *ecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(0) })
	s.stable()
	d.await(aws.ToString(first.TaskArn), "STOPPED")
}

func protected(t *testing.T, d *dev) {
	s := d.service(3, d.family(app("main", "sleep")))
	keep := s.running()[1]
	out, err := d.ecs.UpdateTaskProtection(t.Context(), &ecs.UpdateTaskProtectionInput{
		Cluster: aws.String("default"), Tasks: []string{aws.ToString(keep.TaskArn)}, ProtectionEnabled: true,
	})
	if err != nil || len(out.ProtectedTasks) != 1 {
		t.Fatalf("%v %+v", err, out)
	}
	s.update(func(in *ecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(1) })
	s.stable()
	if now := s.running(); len(now) != 1 || !sameTask(keep)(now[0]) {
		t.Errorf("of three tasks the protected one is not what is left: %d tasks", len(now))
	}
}

func deleteByForce(t *testing.T, d *dev) {
	family := d.family(app("main", "sleep"))
	s := d.service(2, family)
	before := s.running()
	s.delete()
	s.inactive()
	for _, task := range before {
		d.await(aws.ToString(task.TaskArn), "STOPPED")
	}
	in := &ecs.CreateServiceInput{ServiceName: aws.String(s.name), TaskDefinition: aws.String(family), DesiredCount: aws.Int32(1)}
	if _, err := d.ecs.CreateService(t.Context(), in); err != nil {
		t.Fatalf("the name is not free again: %v", err)
	}
	s.stable()
}

func noRoom(t *testing.T, d *dev) {
	web := app("main", "serve")
	web.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80), HostPort: aws.Int32(freePort(t))}}
	holder := d.run(d.family(web))
	d.await(holder, "RUNNING")
	s := d.create(1, d.family(web))
	s.until("an event says why", func() bool {
		return s.hasEvent("was unable to place a task because no container instance met all of its requirements.")
	})
	s.wantEvent("is already using a port required by your task")
	d.stopTask(holder)
	s.stable()
	get(t, *web.PortMappings[0].HostPort, "/")
}

func daemon(t *testing.T, d *dev) {
	family := d.family(app("main", "sleep"))
	s := &service{d, d.serviceName()}
	_, err := d.ecs.CreateService(t.Context(), &ecs.CreateServiceInput{
		ServiceName: aws.String(s.name), TaskDefinition: aws.String(family), SchedulingStrategy: types.SchedulingStrategyDaemon,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.deleteAtEnd(t)
	s.stable()
	before := s.running()
	if len(before) != 1 || s.describe().DesiredCount != 1 {
		t.Fatalf("a daemon on one instance runs %d tasks and desires %d", len(before), s.describe().DesiredCount)
	}
	s.update(func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String(d.family(app("main", "serve"))) })
	s.stable()
	if now := s.running(); len(now) != 1 || sameTask(before[0])(now[0]) {
		t.Errorf("after its update the daemon runs %d tasks", len(now))
	}
}

func sameRequest(t *testing.T, d *dev) {
	in := &ecs.CreateServiceInput{
		ServiceName: aws.String(d.serviceName()), TaskDefinition: aws.String(d.family(app("main", "sleep"))), DesiredCount: aws.Int32(1),
	}
	first, err := d.ecs.CreateService(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	(&service{d, *in.ServiceName}).deleteAtEnd(t)
	again, err := d.ecs.CreateService(t.Context(), in)
	if err != nil || aws.ToString(again.Service.Deployments[0].Id) != aws.ToString(first.Service.Deployments[0].Id) {
		t.Errorf("the same request again: %v %+v", err, again)
	}
	in.DesiredCount = aws.Int32(2)
	if _, err := d.ecs.CreateService(t.Context(), in); err == nil || !strings.Contains(err.Error(), "Creation of service was not idempotent.") {
		t.Errorf("another request for the name: %v", err)
	}
}

func saysCannotStart(_ *testing.T, d *dev) {
	s := d.create(1, d.family(cannotStart()))
	s.until("an event says so", func() bool { return s.hasEvent("is unable to consistently start tasks successfully.") })
}
