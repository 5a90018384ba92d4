package planner

import (
	"context"
	"log/slog"
	"slices"
	"testing"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/scheduler"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// cluster is a cluster whose entries go through the real state machine.
type cluster struct {
	t       *testing.T
	store   *state.Store
	fsm     *fsm.FSM
	planner *Planner
	entries []structs.Plan
	// before runs once, ahead of the next plan's entry.
	before func()
}

func newCluster(t *testing.T) *cluster {
	c := &cluster{t: t, store: state.New(), before: func() {}}
	c.fsm = fsm.New(fsm.Config{Store: c.store, Logger: slog.New(slog.DiscardHandler)})
	c.planner = New(Config{Snapshot: c.store.Snapshot, Apply: c.apply})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.planner.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	c.do(structs.RegisterTaskDefinition{Definition: structs.TaskDefinition{
		Family: "web", ContainerDefinitions: []structs.ContainerDefinition{{Name: "app", Memory: new(int32(1))}},
	}})
	c.do(structs.RegisterInstance{Instance: structs.ContainerInstance{
		ID: "i", Cluster: "default", AgentConnected: true, Registered: structs.Resources{CPU: 100, Memory: 3}, RegisteredAt: 1,
	}})
	return c
}

func (c *cluster) apply(_ context.Context, cmd structs.Command) (structs.Applied, error) {
	if plan, ok := cmd.(structs.ApplyPlan); ok {
		c.entries = append(c.entries, plan.Plan)
		before := c.before
		c.before = func() {}
		before()
	}
	entry, err := fsm.Encode(cmd)
	if err != nil {
		return structs.Applied{}, err
	}
	r := c.fsm.Apply(&raft.Log{Index: c.store.Snapshot().Index() + 1, Data: entry}).(fsm.Result)
	return r.Applied, r.Err
}

func (c *cluster) do(cmd structs.Command) {
	c.t.Helper()
	if _, err := c.apply(c.t.Context(), cmd); err != nil {
		c.t.Fatal(err)
	}
}

// putService puts a version of service web, with an evaluation named after the version, and a
// deployment for the first one.
func (c *cluster) putService(version, count int) (eval string) {
	c.t.Helper()
	eval = string(rune('0'+version)) + "e"
	cmd := structs.PutService{
		Job: structs.Job{
			ID: "web", Cluster: "default", Name: "web", Type: structs.JobService, Version: version, TaskDefinition: "web:1", Count: count,
			Service: &structs.ServiceSpec{Update: structs.UpdatePolicy{MinimumHealthyPercent: 100, MaximumPercent: 200}},
		},
		Evaluation: structs.Evaluation{ID: eval, Status: structs.EvaluationReady},
	}
	if version == 1 {
		cmd.Deployment = &structs.Deployment{ID: "ecs-svc/1", Rollout: structs.RolloutInProgress}
	}
	c.do(cmd)
	return eval
}

// plan schedules an evaluation on the newest state.
func (c *cluster) plan(eval string, seed byte) *structs.Plan {
	snap := c.store.Snapshot()
	plan := scheduler.Schedule(scheduler.Input{View: snap, Evaluation: snap.Evaluation(eval), Now: 5, Seed: [16]byte{seed}})
	plan.Seen = snap.Index()
	return &plan
}

func (c *cluster) taskCount() int { return len(slices.Collect(c.store.Snapshot().JobTasks("web"))) }

func (c *cluster) events() (messages []string) {
	for _, e := range c.store.Snapshot().ServiceEvents("web").Events {
		messages = append(messages, e.Message)
	}
	return messages
}

// fill places n tasks of a batch job.
func (c *cluster) fill(n int) {
	c.t.Helper()
	c.do(structs.CreateJob{
		Job:        structs.Job{ID: "batch", Cluster: "default", Type: structs.JobBatch, TaskDefinition: "web:1", Count: n},
		Evaluation: structs.Evaluation{ID: "batch", Status: structs.EvaluationReady},
	})
	submit(c.t, c.planner, c.plan("batch", 99))
}
