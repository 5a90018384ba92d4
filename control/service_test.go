package control_test

import (
	"context"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// town is a cluster with one instance, two revisions of "app" and a service "web" of the first.
type town struct {
	*singlenode.Node
	t *testing.T
}

func newTown(t *testing.T) *town {
	t.Helper()
	n := &town{singlenode.New(t), t}
	n.AddInstance(t, "default", 4096, 4096)
	for range 2 {
		_, err := n.Control.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
			Family: "app", ContainerDefinitions: []structs.ContainerDefinition{{Name: "main", Image: "i", Memory: new(int32(16))}},
		}, []structs.Tag{{Key: "from", Value: "definition"}})
		if err != nil {
			t.Fatal(err)
		}
	}
	n.create(control.CreateServiceInput{Name: "web", ServiceChange: control.ServiceChange{TaskDefinition: "app:1", Count: new(2)}})
	n.Settle(t)
	return n
}

func (n *town) create(in control.CreateServiceInput) *structs.Job {
	n.t.Helper()
	in.Cluster = "default"
	job, err := n.Control.CreateService(n.t.Context(), in)
	if err != nil {
		n.t.Fatal(err)
	}
	return job
}

func (n *town) update(in control.UpdateServiceInput) *structs.Job {
	n.t.Helper()
	in.Cluster, in.Name = "default", "web"
	job, err := n.Control.UpdateService(n.t.Context(), in)
	if err != nil {
		n.t.Fatal(err)
	}
	return job
}

func (n *town) deployments(service string) []*structs.Deployment {
	snap := n.Store.Snapshot()
	return slices.Collect(snap.Deployments(snap.Service("default", service).ID))
}

func (n *town) tasks(deployment string) (ids []string) {
	for t := range n.Store.Snapshot().AllTasks() {
		if t.StartedBy == deployment && t.DesiredStatus == structs.TaskRunning {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

// What new tasks would be the same as the old ones makes no deployment (ECS).
func TestUpdateServiceDecidesOnADeployment(t *testing.T) {
	changes := map[string]struct {
		in   control.UpdateServiceInput
		want int // deployments beside the first
	}{
		"nothing":             {control.UpdateServiceInput{}, 0},
		"count":               {control.UpdateServiceInput{ServiceChange: control.ServiceChange{Count: new(3)}}, 0},
		"percents":            {control.UpdateServiceInput{ServiceChange: control.ServiceChange{MaximumPercent: new(int32(150))}}, 0},
		"grace":               {control.UpdateServiceInput{ServiceChange: control.ServiceChange{HealthGrace: new(int32(9))}}, 0},
		"tags":                {control.UpdateServiceInput{ServiceChange: control.ServiceChange{PropagateTags: control.PropagateFromDefinition}}, 0},
		"the same definition": {control.UpdateServiceInput{ServiceChange: control.ServiceChange{TaskDefinition: "app:1"}}, 0},
		"strategy": {control.UpdateServiceInput{ServiceChange: control.ServiceChange{
			PlacementStrategy: []structs.PlacementStrategy{{Type: "spread", Field: "instanceId"}},
		}}, 0},
		"the same capacity providers": {control.UpdateServiceInput{ServiceChange: control.ServiceChange{
			CapacityStrategy: []structs.CapacityProviderStrategyItem{},
		}}, 0},
		"capacity providers": {control.UpdateServiceInput{ServiceChange: control.ServiceChange{
			CapacityStrategy: []structs.CapacityProviderStrategyItem{{CapacityProvider: "FARGATE", Weight: 1}},
		}}, 1},
		"definition": {control.UpdateServiceInput{ServiceChange: control.ServiceChange{TaskDefinition: "app"}}, 1},
		"force":      {control.UpdateServiceInput{ForceNewDeployment: true}, 1},
	}
	for name, test := range changes {
		t.Run(name, func(t *testing.T) {
			n := newTown(t)
			_, err := n.Control.UpdateCluster(t.Context(), structs.UpdateCluster{
				Cluster: "default", Providers: &structs.ClusterProviders{Providers: []string{"FARGATE"}},
			})
			noError(t, err)
			job := n.update(test.in)
			if got := n.deployments("web"); len(got) != 1+test.want {
				t.Fatalf("%d deployments, want %d", len(got), 1+test.want)
			}
			if job.Version != 2 {
				t.Errorf("version %d, want 2", job.Version)
			}
			primary := n.deployments("web")[test.want]
			if primary.Status != structs.DeploymentPrimary || primary.TaskDefinition != job.TaskDefinition || !regexp.MustCompile(`^ecs-svc/\d{19}$`).MatchString(primary.ID) {
				t.Errorf("primary deployment: %+v", primary)
			}
		})
	}
}

// What is not given stays; an empty list takes away.
func TestUpdateServiceKeepsTheRest(t *testing.T) {
	n := newTown(t)
	n.update(control.UpdateServiceInput{ServiceChange: control.ServiceChange{
		MinimumHealthyPercent: new(int32(50)), CircuitBreaker: &control.CircuitBreaker{
			Enable: true, Rollback: true, ResetOnHealthyTask: new(false), Threshold: &structs.BreakerThreshold{Type: structs.ThresholdCount, Value: 2},
		},
		PlacementStrategy:    []structs.PlacementStrategy{{Type: "random"}},
		PlacementConstraints: []structs.PlacementConstraint{{Type: "memberOf", Expression: "attribute:ecs.os-type == linux"}},
	}})
	job := n.update(control.UpdateServiceInput{ServiceChange: control.ServiceChange{
		MaximumPercent: new(int32(150)), PlacementStrategy: []structs.PlacementStrategy{}, CircuitBreaker: &control.CircuitBreaker{Enable: true},
	}})
	want := structs.UpdatePolicy{
		MinimumHealthyPercent: 50, MaximumPercent: 150, CircuitBreaker: true, MinHealthySeconds: 1, ThresholdConfiguration: job.Service.Update.ThresholdConfiguration,
	}
	if got := job.Service.Update.BreakerThreshold(); got != (structs.BreakerThreshold{Type: structs.ThresholdCount, Value: 2}) {
		t.Errorf("the threshold is %+v", got)
	}
	if job.Service.Update != want || len(job.PlacementStrategy) != 0 || len(job.PlacementConstraints) != 1 || job.Count != 2 {
		t.Errorf("after two updates: %+v, %+v", job, job.Service)
	}
	if first := n.Store.Snapshot().JobVersion(job.ID, 1); first.Service.Update != structs.DefaultUpdatePolicy(structs.JobService) {
		t.Errorf("the update changed the first version: %+v", first.Service.Update)
	}
}

// racing is a log on which another write comes first.
type racing struct {
	control.Log
	before func() // called once for each of the first times
	times  int
}

func (r *racing) Apply(ctx context.Context, cmd structs.Command) (structs.Applied, error) {
	if _, ok := cmd.(structs.PutService); ok && r.times > 0 {
		r.times--
		r.before()
	}
	return r.Log.Apply(ctx, cmd)
}

// Two updates at the same time both take effect; one that always comes too late is told so.
func TestUpdateServiceAmongOthers(t *testing.T) {
	n := newTown(t)
	grace := int32(0)
	log := &racing{Log: n.Node, times: 2, before: func() {
		grace++
		n.update(control.UpdateServiceInput{ServiceChange: control.ServiceChange{HealthGrace: &grace}})
	}}
	c := control.New(control.Config{Log: log, Store: n.Store, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	in := control.UpdateServiceInput{Cluster: "default", Name: "web", ServiceChange: control.ServiceChange{Count: new(3)}}
	job, err := c.UpdateService(t.Context(), in)
	if err != nil || job.Count != 3 || job.Service.HealthGrace != 2 || job.Version != 4 {
		t.Fatalf("%v: %+v", err, job)
	}
	log.times = 100
	if _, err := c.UpdateService(t.Context(), in); structs.KindOf(err) != structs.KindConflict {
		t.Errorf("an update that others always overtake: %v", err)
	}
}

// The same request sent twice at the same time makes one service, with a client token or without.
func TestCreateServiceTwiceAtOnce(t *testing.T) {
	for _, token := range []string{"", "once"} {
		n := newTown(t)
		in := control.CreateServiceInput{
			Cluster: "default", Name: "api", ClientToken: token, RequestHash: "h", ServiceChange: control.ServiceChange{TaskDefinition: "app", Count: new(1)},
		}
		var first *structs.Job
		log := &racing{Log: n.Node, times: 1, before: func() { first = n.create(in) }}
		c := control.New(control.Config{Log: log, Store: n.Store, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
		second, err := c.CreateService(t.Context(), in)
		if err != nil || second.ID != first.ID {
			t.Fatalf("token %q: %v: %+v", token, err, second)
		}
	}
}

// A name and a client token each stand for one request, until the service that it made is gone.
func TestCreateServiceNotIdempotent(t *testing.T) {
	n := newTown(t)
	in := control.CreateServiceInput{
		Cluster: "default", Name: "api", ClientToken: "once", RequestHash: "h", ServiceChange: control.ServiceChange{TaskDefinition: "app", Count: new(0)},
	}
	first := n.create(in)
	refused := func(name, token, hash string) {
		t.Helper()
		other := in
		other.Name, other.ClientToken, other.RequestHash = name, token, hash
		if _, err := n.Control.CreateService(t.Context(), other); err == nil || err.Error() != "Creation of service was not idempotent." {
			t.Errorf("name %s, token %s, arguments %s: %v", name, token, hash, err)
		}
	}
	refused("api", "once", "other")
	refused("api", "another", "other")
	refused("other", "once", "other")
	if _, err := n.Control.DeleteService(t.Context(), "default", "api", false); err != nil {
		t.Fatal(err)
	}
	if again := n.create(in); again.ID == first.ID || again.Status != structs.ServiceActive {
		t.Errorf("the deleted service was found: %+v", again)
	}
}

// Tags of tasks come from where propagateTags says, with the managed ones beside them.
func TestServiceTaskTags(t *testing.T) {
	n := newTown(t)
	own := []structs.Tag{{Key: "from", Value: "service"}}
	for propagate, want := range map[string][]structs.Tag{
		control.PropagateNone: nil, control.PropagateFromService: own,
		control.PropagateFromDefinition: {{Key: "from", Value: "definition"}},
	} {
		name := "tags-" + propagate
		n.create(control.CreateServiceInput{Name: name, Tags: own, ServiceChange: control.ServiceChange{
			TaskDefinition: "app", Count: new(1), PropagateTags: propagate, ManagedTags: new(true),
		}})
		want = append(slices.Clone(want), structs.Tag{Key: "aws:ecs:clusterName", Value: "default"}, structs.Tag{Key: "aws:ecs:serviceName", Value: name})
		task := n.tasks(n.deployments(name)[0].ID)[0]
		if got := n.Store.Snapshot().Tags("task/default/" + task); !slices.Equal(got, want) {
			t.Errorf("%s: tags %v, want %v", propagate, got, want)
		}
	}
}

// A deployment may not be kept waiting by tasks that hide from it; work that is protected already
// may go on.
func TestProtectionDuringADeployment(t *testing.T) {
	n := newTown(t)
	old := n.tasks(n.deployments("web")[0].ID)
	protect := func(task string) []control.ProtectionFailure {
		t.Helper()
		_, failures, err := n.Control.ProtectTasks(t.Context(), control.ProtectTasksInput{
			Cluster: "default", Tasks: []string{task}, On: true, Minutes: 10,
		})
		if err != nil {
			t.Fatal(err)
		}
		return failures
	}
	protect(old[0])
	n.update(control.UpdateServiceInput{ForceNewDeployment: true})
	if f := protect(old[0]); len(f) != 0 {
		t.Errorf("renewed protection: %+v", f)
	}
	if f := protect(old[1]); len(f) != 1 || f[0].Reason != "DEPLOYMENT_BLOCKED" {
		t.Errorf("new protection of a task that is being replaced: %+v", f)
	}
	n.Settle(t)
	if left := n.tasks(n.deployments("web")[0].ID); !slices.Equal(left, old[:1]) {
		t.Errorf("of the old tasks %v are left, want the protected one", left)
	}
	n.Advance(t, 11*time.Minute)
	protections, _, err := n.Control.TaskProtections(t.Context(), "default", old[:1])
	if err != nil || len(protections) != 0 && protections[0].On {
		t.Errorf("%v: the protection has not ended: %+v", err, protections)
	}
	n.Settle(t)
	if left := n.tasks(n.deployments("web")[0].ID); len(left) != 0 {
		t.Errorf("%v are left after their protection", left)
	}
}

// While more tasks are protected than desired, no protection is given or prolonged (ECS): a service
// scaled in would never get there.
func TestProtectionOfMoreThanDesired(t *testing.T) {
	n := newTown(t)
	tasks := n.tasks(n.deployments("web")[0].ID)
	blocked := func(on bool, ids ...string) (blocked []string) {
		t.Helper()
		_, failures, err := n.Control.ProtectTasks(t.Context(), control.ProtectTasksInput{Cluster: "default", Tasks: ids, On: on, Minutes: 10})
		noError(t, err)
		for _, f := range failures {
			if f.Reason != "DEPLOYMENT_BLOCKED" {
				t.Errorf("task %s: %+v", f.Task, f)
			}
			blocked = append(blocked, f.Task)
		}
		return blocked
	}
	if got := blocked(true, tasks...); len(got) != 0 {
		t.Errorf("as many as are desired: %v are blocked", got)
	}
	if got := blocked(true, tasks...); len(got) != 0 {
		t.Errorf("as many as are desired, for longer: %v are blocked", got)
	}
	n.update(control.UpdateServiceInput{ServiceChange: control.ServiceChange{Count: new(1)}})
	if got := blocked(true, tasks...); !slices.Equal(got, tasks) {
		t.Errorf("of two protected tasks with one desired %v are blocked, want both", got)
	}
	events := n.Store.Snapshot().ServiceEvents(n.Store.Snapshot().Service("default", "web").ID).Events
	if !strings.Contains(events[0].Message, "The number of protected tasks are more than the desired count of tasks.") {
		t.Errorf("the last event is %q", events[0].Message)
	}
	if got := blocked(false, tasks[0]); len(got) != 0 {
		t.Errorf("ending a protection: %v are blocked", got)
	}
	n.Settle(t)
	if got := blocked(true, tasks[1]); len(got) != 0 {
		t.Errorf("the one that is desired, for longer: %v are blocked", got)
	}
}

// A daemon's task leaves a draining instance after all others, however long one of them stays.
func TestDrainStopsDaemonsLast(t *testing.T) {
	n := newTown(t)
	n.AddInstance(t, "default", 4096, 4096)
	n.create(control.CreateServiceInput{Name: "logs", Daemon: true, ServiceChange: control.ServiceChange{TaskDefinition: "app:1"}})
	n.Settle(t)
	web := n.tasks(n.deployments("web")[0].ID)
	drained := n.Store.Snapshot().Task(web[0]).Instance
	_, _, err := n.Control.ProtectTasks(t.Context(), control.ProtectTasksInput{Cluster: "default", Tasks: web, On: true, Minutes: 10})
	noError(t, err)
	_, _, err = n.Control.SetInstanceStatus(t.Context(), "default", []string{drained}, structs.InstanceDraining)
	noError(t, err)
	left := func() (jobs []string) {
		for task := range n.Store.Snapshot().InstanceTasks(drained) {
			if task.DesiredStatus == structs.TaskRunning {
				jobs = append(jobs, n.Store.Snapshot().Job(task.Job).Name)
			}
		}
		slices.Sort(jobs)
		return slices.Compact(jobs)
	}
	n.Settle(t)
	if got := left(); !slices.Equal(got, []string{"logs", "web"}) {
		t.Errorf("with protected tasks there, %v are left", got)
	}
	n.Advance(t, 11*time.Minute)
	n.RunPlaced(t)
	n.Advance(t, 2*time.Second)
	if got := left(); !slices.Equal(got, []string{"logs"}) {
		t.Errorf("while the last of the others stop, %v are left", got)
	}
	n.Settle(t)
	if got := left(); len(got) != 0 {
		t.Errorf("in the end %v are left", got)
	}
}

// A service is seen to drain once, though it has no task and is INACTIVE in the same moment. What
// it was deploying says why it ended.
func TestDeleteService(t *testing.T) {
	n := newTown(t)
	for name, test := range map[string]struct {
		count   int
		rollout string
		reason  string
	}{
		"empty":     {0, structs.RolloutCompleted, "completed."},
		"deploying": {2, structs.RolloutFailed, "ECS deployment stop: the service was deleted."},
	} {
		job := n.create(control.CreateServiceInput{Name: name, ServiceChange: control.ServiceChange{TaskDefinition: "app:1", Count: new(test.count)}})
		deleted, err := n.Control.DeleteService(t.Context(), "default", name, true)
		noError(t, err)
		if deleted.Status != structs.ServiceDraining || deleted.DeletedAt != 0 {
			t.Errorf("%s: the answer is that it is %s", name, deleted.Status)
		}
		n.Settle(t)
		if now := n.Store.Snapshot().Job(job.ID); now.Status != structs.ServiceInactive {
			t.Errorf("%s: in the end it is %s", name, now.Status)
		}
		for d := range n.Store.Snapshot().Deployments(job.ID) {
			if d.Status != structs.DeploymentInactive || d.Rollout != test.rollout || !strings.HasSuffix(d.RolloutReason, test.reason) || d.FinishedAt == 0 {
				t.Errorf("%s: deployment %+v", name, d)
			}
		}
	}
}
