package httpapi_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/httpapi"
	"github.com/gantry-project/gantry/server"
	"github.com/gantry-project/gantry/structs"
)

// soon is how long a call waits for what must come.
const soon = 20 * time.Second

// cell is a real server with two instances, host-1 with room for two tasks and host-2 with room for
// one. No task ever runs.
type cell struct {
	t            *testing.T
	dir          string
	server       *server.Server
	client       *client.Client
	http         *httptest.Server
	host1, host2 string
}

func newCell(t *testing.T) *cell {
	c := &cell{t: t, dir: t.TempDir()}
	c.start()
	t.Cleanup(c.stop)
	verbs := c.server.Control()
	if _, err := verbs.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
		Family: "web", ContainerDefinitions: []structs.ContainerDefinition{{Name: "c", Image: "i", Memory: new(int32(100))}},
	}, nil); err != nil {
		t.Fatal(err)
	}
	c.host1, c.host2 = c.join("host-1", 200), c.join("host-2", 100)
	return c
}

// start opens the server on its directory and waits until it leads.
func (c *cell) start() {
	c.t.Helper()
	log := slog.New(slog.NewTextHandler(c.t.Output(), nil))
	s, err := server.New(server.Config{ID: "one", DataDir: c.dir, Logger: log})
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), soon)
	defer cancel()
	for s.Ready() != nil {
		select {
		case <-ctx.Done():
			c.t.Fatal(s.Ready())
		case <-time.After(time.Millisecond):
		}
	}
	c.server = s
	c.http = httptest.NewServer(httpapi.New(httpapi.Config{Control: s.Control(), Ready: s.Ready, Logger: log, Closing: make(chan struct{})}))
	c.client = client.New(client.Config{Address: c.http.URL})
}

func (c *cell) stop() {
	c.client.Close()
	c.http.Close()
	if err := c.server.Stop(); err != nil {
		c.t.Error(err)
	}
}

// join adds an instance whose agent is connected.
func (c *cell) join(name string, memory int64) string {
	c.t.Helper()
	i, err := c.server.Control().RegisterInstance(c.t.Context(), structs.ContainerInstance{
		Name: name, Registered: structs.Resources{CPU: 1024, Memory: memory},
	})
	if err == nil {
		_, err = c.server.Apply(c.t.Context(), structs.SetAgentConnected{Instances: []string{i.ID}, Connected: true, At: 1})
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return i.ID
}

// run runs tasks in the background, and gives what came of it.
func (c *cell) run(count int, change ...func(*structs.Job)) <-chan control.Placed {
	job := structs.Job{Cluster: "default", TaskDefinition: "web", Count: count, Scheduler: "mine"}
	for _, f := range change {
		f(&job)
	}
	out := make(chan control.Placed, 1)
	go func() {
		placed, err := c.server.Control().RunTask(c.t.Context(), control.RunTaskInput{Job: job})
		if err != nil {
			c.t.Error(err)
		}
		out <- placed
	}()
	return out
}

// serve makes version n of a service of the scheduler "mine".
func (c *cell) serve(version, count int, change ...func(*structs.Job)) {
	c.t.Helper()
	cmd := structs.PutService{
		Job: structs.Job{
			ID: "00000000000000aa00000000000000aa", Cluster: "default", Name: "web", Type: structs.JobService, Version: version, TaskDefinition: "web:1",
			Count: count, Scheduler: "mine",
			Service: &structs.ServiceSpec{Update: structs.UpdatePolicy{MinimumHealthyPercent: 100, MaximumPercent: 200}},
		},
		Evaluation: structs.Evaluation{ID: strings.Repeat("e", version), Status: structs.EvaluationReady},
	}
	if version == 1 {
		cmd.Deployment = &structs.Deployment{ID: "ecs-svc/1", Rollout: structs.RolloutInProgress}
	}
	for _, f := range change {
		f(&cmd.Job)
	}
	if _, err := c.server.Apply(c.t.Context(), cmd); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cell) next() *structs.Lease {
	c.t.Helper()
	lease, err := c.client.NextLease(c.t.Context(), "mine", soon)
	if err != nil || lease == nil {
		c.t.Fatalf("the next lease is %v, %v", lease, err)
	}
	return lease
}

func (c *cell) plan(lease *structs.Lease, unplaced string, instances ...string) structs.LeasePlanned {
	c.t.Helper()
	plan := structs.LeasePlan{Token: lease.Token, Unplaced: unplaced, Placements: []structs.LeasePlacement{}}
	for _, i := range instances {
		plan.Placements = append(plan.Placements, structs.LeasePlacement{Instance: i})
	}
	planned, err := c.client.PlanLease(c.t.Context(), "mine", plan)
	if err != nil {
		c.t.Fatal(err)
	}
	return planned
}

func (c *cell) ack(lease *structs.Lease) {
	c.t.Helper()
	if err := c.client.AckLease(c.t.Context(), "mine", lease.Token); err != nil {
		c.t.Fatal(err)
	}
}

// wantRefused fails when an answer to a lease's token is anything but a conflict.
func wantRefused(t *testing.T, what string, err error) {
	t.Helper()
	if structs.KindOf(err) != structs.KindConflict {
		t.Errorf("%s: %v, want a conflict", what, err)
	}
}

func (c *cell) tasksOn(instance string) int {
	snap, err := c.server.Control().Read(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return len(slices.Collect(snap.InstanceTasks(instance)))
}

// TestOutsideScheduler: it is asked for places with all that it needs to know; what fits of its
// plan stands, what does not is refused with the reason and asked for again; and RunTask answers
// when it is done.
func TestOutsideScheduler(t *testing.T) {
	c := newCell(t)
	if lease, err := c.client.NextLease(t.Context(), "mine", 0); lease != nil || err != nil {
		t.Fatalf("with nothing to do: %v, %v", lease, err)
	}
	placed := c.run(3)
	lease := c.next()
	if lease.Ask.Count != 3 || lease.Ask.Need.Memory != 100 || lease.Job.Count != 3 || lease.TaskDefinition.Family != "web" || lease.Seconds < 1 || len(lease.Instances) != 2 {
		t.Fatalf("lease %+v", lease)
	}
	for _, i := range lease.Instances {
		if want := map[string]int64{c.host1: 200, c.host2: 100}[i.ID]; i.Free.Memory != want || !i.Fits || i.Usage == nil {
			t.Errorf("instance %+v, want %d MiB free", i, want)
		}
	}
	if c.tasksOn(c.host1)+c.tasksOn(c.host2) > 0 {
		t.Fatal("tasks were placed without the scheduler")
	}
	wantRefused(t, "acknowledged with tasks to place", c.client.AckLease(t.Context(), "mine", lease.Token))

	planned := c.plan(lease, "", c.host2, "nosuch", c.host2)
	if planned.Committed != 1 || planned.Done || len(planned.Refused) != 2 || planned.Refused[0].Reason != structs.FailMissing || planned.Refused[1].Reason != structs.FailMemory {
		t.Fatalf("planned %+v", planned)
	}
	rest := planned.Lease
	if rest == nil || rest.Token != lease.Token || rest.Ask.Count != 2 || len(rest.Tasks) != 1 {
		t.Fatalf("what is left: %+v", rest)
	}
	for _, i := range rest.Instances {
		if i.Fits != (i.ID == c.host1) || (i.Why != nil) != (i.ID == c.host2) {
			t.Errorf("then instance %+v, %+v", i, i.Why)
		}
	}
	if planned = c.plan(rest, "", c.host1, c.host1); planned.Committed != 2 || !planned.Done || planned.Lease != nil {
		t.Fatalf("planned %+v", planned)
	}
	c.ack(lease)
	wantRefused(t, "a second acknowledgement", c.client.AckLease(t.Context(), "mine", lease.Token))
	if out := <-placed; len(out.Tasks) != 3 || len(out.Failures) > 0 || c.tasksOn(c.host1) != 2 || c.tasksOn(c.host2) != 1 {
		t.Errorf("RunTask answers %+v", out)
	}
}

// TestOutsideConstraints: what a job asks of its instances binds its scheduler as it binds ours.
func TestOutsideConstraints(t *testing.T) {
	c := newCell(t)
	placed := c.run(2, func(j *structs.Job) {
		j.PlacementConstraints = []structs.PlacementConstraint{{Type: structs.ConstraintDistinctInstance}}
	})
	lease := c.next()
	planned := c.plan(lease, "", c.host1, c.host1)
	if planned.Committed != 1 || len(planned.Refused) != 1 || planned.Refused[0].Reason != structs.FailDistinct {
		t.Fatalf("planned %+v", planned)
	}
	if planned = c.plan(lease, "too dear by night"); !planned.Done {
		t.Fatalf("planned %+v", planned)
	}
	c.ack(lease)
	out := <-placed
	if len(out.Tasks) != 1 || len(out.Failures) != 1 || out.Failures[0].Reason != structs.FailScheduler || out.Failures[0].Detail != "too dear by night" {
		t.Errorf("RunTask answers %+v", out)
	}
}

// TestLeaseGivenBack: what one gives back another gets, and a token that was answered is worth
// nothing.
func TestLeaseGivenBack(t *testing.T) {
	c := newCell(t)
	placed := c.run(1)
	first := c.next()
	if err := c.client.NackLease(t.Context(), "mine", first.Token); err != nil {
		t.Fatal(err)
	}
	_, err := c.client.PlanLease(t.Context(), "mine", structs.LeasePlan{Token: first.Token, Placements: []structs.LeasePlacement{{Instance: c.host1}}})
	wantRefused(t, "a late plan", err)
	second := c.next()
	if second.Evaluation.ID != first.Evaluation.ID || second.Token == first.Token {
		t.Errorf("given again: %+v, was %+v", second, first)
	}
	wantRefused(t, "the old token", c.client.NackLease(t.Context(), "mine", first.Token))
	wantRefused(t, "another scheduler", c.client.NackLease(t.Context(), "other", second.Token))
	c.plan(second, "", c.host1)
	c.ack(second)
	<-placed
}

// TestLeasesEndWithTheLeader: a new leader lends anew, and no plan of the old lease is taken.
func TestLeasesEndWithTheLeader(t *testing.T) {
	c := newCell(t)
	c.serve(1, 1)
	old := c.next()
	c.client.Close()
	c.http.Close()
	if err := c.server.Stop(); err != nil {
		t.Fatal(err)
	}
	c.start()
	if _, err := c.server.Apply(t.Context(), structs.SetAgentConnected{Instances: []string{c.host1}, Connected: true, At: 2}); err != nil {
		t.Fatal(err)
	}
	_, err := c.client.PlanLease(t.Context(), "mine", structs.LeasePlan{Token: old.Token, Placements: []structs.LeasePlacement{{Instance: c.host1}}})
	wantRefused(t, "a plan for the old leader", err)
	lease := c.next()
	if planned := c.plan(lease, "", c.host1); !planned.Done {
		t.Errorf("planned %+v", planned)
	}
	c.ack(lease)
}

// TestDeclinedServiceWaits: tasks that the scheduler declines wait with its reason, and it is asked
// again when room appears.
func TestDeclinedServiceWaits(t *testing.T) {
	c := newCell(t)
	c.serve(1, 2)
	lease := c.next()
	if planned := c.plan(lease, "not today", c.host1); !planned.Done || planned.Committed != 1 {
		t.Fatalf("planned %+v", planned)
	}
	c.ack(lease)
	snap, err := c.server.Control().Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e := snap.Evaluation(lease.Evaluation.ID); e.Status != structs.EvaluationBlocked || e.Unplaced != 1 || e.Failures[0].Detail != "not today" {
		t.Errorf("evaluation %+v", e)
	}
	events := snap.ServiceEvents(lease.Job.ID).Events
	if !slices.ContainsFunc(events, func(e structs.ServiceEvent) bool { return strings.Contains(e.Message, "mine says: not today") }) {
		t.Errorf("events %+v", events)
	}
	host3 := c.join("host-3", 300)
	lease = c.next()
	if lease.Ask.Count != 1 || len(lease.Instances) != 3 {
		t.Errorf("lease %+v", lease)
	}
	c.plan(lease, "", host3)
	c.ack(lease)
}

// TestSchedulerAway: a service whose scheduler is away can still be scaled in and deleted, and goes
// to Gantry's own when it no longer names another.
func TestSchedulerAway(t *testing.T) {
	c := newCell(t)
	c.serve(1, 2)
	lease := c.next()
	c.plan(lease, "", c.host1, c.host2)
	c.ack(lease)
	c.serve(2, 3) // nobody answers
	c.serve(3, 1)
	c.await("one task is asked to stop", func(tasks []*structs.Task) bool {
		return slices.ContainsFunc(tasks, func(t *structs.Task) bool { return t.DesiredStatus == structs.TaskStopped })
	})
	c.serve(4, 4, func(j *structs.Job) { j.Scheduler = "" })
	c.await("our own places two more, as far as there is room", func(tasks []*structs.Task) bool { return len(tasks) == 3 })
}

// await waits until the service's tasks are as they should be.
func (c *cell) await(what string, ok func([]*structs.Task) bool) {
	c.t.Helper()
	var tasks []*structs.Task
	for deadline := time.Now().Add(soon); time.Now().Before(deadline); <-time.After(time.Millisecond) {
		snap, err := c.server.Control().Read(c.t.Context())
		if err != nil {
			c.t.Fatal(err)
		}
		if tasks = slices.Collect(snap.JobTasks("00000000000000aa00000000000000aa")); ok(tasks) {
			return
		}
	}
	c.t.Fatalf("%s: %d tasks", what, len(tasks))
}

func TestLeaseRefusals(t *testing.T) {
	c := newCell(t)
	for says, call := range map[string]func() error{
		"Invalid scheduler name": func() error { _, err := c.client.NextLease(t.Context(), "no name", 0); return err },
		"wait: must be from":     func() error { _, err := c.client.NextLease(t.Context(), "mine", time.Hour); return err },
		"the lease has ended":    func() error { return c.client.AckLease(t.Context(), "mine", "nosuch") },
		"capacity provider strategy": func() error {
			job := structs.Job{Cluster: "default", TaskDefinition: "web", Count: 1, Scheduler: "mine", CapacityStrategy: []structs.CapacityProviderStrategyItem{{}}}
			_, err := c.server.Control().RunTask(t.Context(), control.RunTaskInput{Job: job})
			return err
		},
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v; want %q", err, says)
		}
	}
}
