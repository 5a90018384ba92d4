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

// soon is how long a test waits for something that must come.
const soon = 20 * time.Second

// leaseHarness is a real server with two instances: host-1 has room for two tasks, host-2 for one.
// No task ever runs.
type leaseHarness struct {
	t            *testing.T
	dir          string
	server       *server.Server
	client       *client.Client
	http         *httptest.Server
	host1, host2 string
}

func newLeaseHarness(t *testing.T) *leaseHarness {
	c := &leaseHarness{t: t, dir: t.TempDir()}
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
func (h *leaseHarness) start() {
	h.t.Helper()
	log := slog.New(slog.NewTextHandler(h.t.Output(), nil))
	s, err := server.New(server.Config{ID: "one", DataDir: h.dir, Logger: log})
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(h.t.Context(), soon)
	defer cancel()
	for s.Ready() != nil {
		select {
		case <-ctx.Done():
			h.t.Fatal(s.Ready())
		case <-time.After(time.Millisecond):
		}
	}
	h.server = s
	h.http = httptest.NewServer(httpapi.New(httpapi.Config{Control: s.Control(), Ready: s.Ready, Logger: log, Closing: make(chan struct{})}))
	h.client = client.New(client.Config{Address: h.http.URL})
}

func (h *leaseHarness) stop() {
	h.client.Close()
	h.http.Close()
	if err := h.server.Stop(); err != nil {
		h.t.Error(err)
	}
}

// join adds an instance whose agent is connected.
func (h *leaseHarness) join(name string, memory int64) string {
	h.t.Helper()
	i, err := h.server.Control().RegisterInstance(h.t.Context(), structs.ContainerInstance{
		Name: name, Registered: structs.Resources{CPU: 1024, Memory: memory},
	})
	if err == nil {
		_, err = h.server.Apply(h.t.Context(), structs.SetAgentConnected{Instances: []string{i.ID}, Connected: true, At: 1})
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return i.ID
}

// run runs tasks in the background and returns the outcome.
func (h *leaseHarness) run(count int, change ...func(*structs.Job)) <-chan control.Placed {
	job := structs.Job{Cluster: "default", TaskDefinition: "web", Count: count, Scheduler: "mine"}
	for _, f := range change {
		f(&job)
	}
	out := make(chan control.Placed, 1)
	go func() {
		placed, err := h.server.Control().RunTask(h.t.Context(), control.RunTaskInput{Job: job})
		if err != nil {
			h.t.Error(err)
		}
		out <- placed
	}()
	return out
}

// serve writes a version of a service of the scheduler "mine".
func (h *leaseHarness) serve(version, count int, change ...func(*structs.Job)) {
	h.t.Helper()
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
	if _, err := h.server.Apply(h.t.Context(), cmd); err != nil {
		h.t.Fatal(err)
	}
}

func (h *leaseHarness) next() *structs.Lease {
	h.t.Helper()
	lease, err := h.client.NextLease(h.t.Context(), "mine", soon)
	if err != nil || lease == nil {
		h.t.Fatalf("the next lease is %v, %v", lease, err)
	}
	return lease
}

func (h *leaseHarness) plan(lease *structs.Lease, unplaced string, instances ...string) structs.LeasePlanned {
	h.t.Helper()
	plan := structs.LeasePlan{Token: lease.Token, Unplaced: unplaced, Placements: []structs.LeasePlacement{}}
	for _, i := range instances {
		plan.Placements = append(plan.Placements, structs.LeasePlacement{Instance: i})
	}
	planned, err := h.client.PlanLease(h.t.Context(), "mine", plan)
	if err != nil {
		h.t.Fatal(err)
	}
	return planned
}

func (h *leaseHarness) ack(lease *structs.Lease) {
	h.t.Helper()
	if err := h.client.AckLease(h.t.Context(), "mine", lease.Token); err != nil {
		h.t.Fatal(err)
	}
}

// wantRefused fails unless a lease's token was refused with a conflict.
func wantRefused(t *testing.T, what string, err error) {
	t.Helper()
	if structs.KindOf(err) != structs.KindConflict {
		t.Errorf("%s: %v, want a conflict", what, err)
	}
}

func (h *leaseHarness) tasksOn(instance string) int {
	snap, err := h.server.Control().Read(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return len(slices.Collect(snap.InstanceTasks(instance)))
}

// await waits until the service's tasks are as they should be.
func (h *leaseHarness) await(what string, ok func([]*structs.Task) bool) {
	h.t.Helper()
	var tasks []*structs.Task
	for deadline := time.Now().Add(soon); time.Now().Before(deadline); <-time.After(time.Millisecond) {
		snap, err := h.server.Control().Read(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		if tasks = slices.Collect(snap.JobTasks("00000000000000aa00000000000000aa")); ok(tasks) {
			return
		}
	}
	h.t.Fatalf("%s: %d tasks", what, len(tasks))
}
