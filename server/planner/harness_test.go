package planner

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/gantry-project/gantry/scheduler"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// harness is a log of one: a store, and an Apply that does to it what the state machine does with a
// plan.
type harness struct {
	t       testing.TB
	store   *state.Store
	mu      sync.Mutex
	entries []structs.Plan
	// before runs before each Apply, which returns its error.
	before func(context.Context) error
}

func newHarness(t testing.TB) *harness {
	return &harness{t: t, store: state.New(), before: func(context.Context) error { return nil }}
}

func (h *harness) apply(ctx context.Context, cmd structs.Command) (structs.Applied, error) {
	if err := h.before(ctx); err != nil {
		return structs.Applied{}, err
	}
	plan := cmd.(structs.ApplyPlan).Plan
	index := h.update(func(tx *state.Tx, index uint64) {
		eval := *tx.Evaluation(plan.Evaluation)
		eval.Status, eval.Unplaced, eval.Failures, eval.ModifyIndex = plan.Status, plan.Unplaced, plan.Failures, index
		tx.PutEvaluation(&eval)
		for _, p := range plan.Placements {
			if tx.Task(p.Task) != nil {
				h.t.Errorf("task id %s is used twice", p.Task)
			}
			tx.PutTask(&structs.Task{
				ID: p.Task, Job: plan.Job, Group: tx.Job(plan.Job).Group, Instance: p.Instance, LastStatus: structs.TaskProvisioning,
				DesiredStatus: structs.TaskRunning,
				CPU:           plan.Need.CPU, Memory: plan.Need.Memory, Ports: plan.Need.Ports,
			})
		}
	})
	h.mu.Lock()
	h.entries = append(h.entries, plan)
	h.mu.Unlock()
	return structs.Applied{Index: index}, nil
}

func (h *harness) update(fn func(tx *state.Tx, index uint64)) (index uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	index = h.store.Snapshot().Index() + 1
	if err := h.store.Update(index, func(tx *state.Tx) error { fn(tx, index); return nil }); err != nil {
		h.t.Error(err)
	}
	return index
}

func (h *harness) addInstance(id string, memory int64) {
	h.update(func(tx *state.Tx, _ uint64) {
		tx.PutInstance(&structs.ContainerInstance{
			ID: id, Cluster: "default", Status: structs.InstanceActive, AgentConnected: true,
			Registered: structs.Resources{CPU: 1 << 20, Memory: memory},
		})
	})
}

// addJob adds a job of count tasks of one MiB each, with ports, and its evaluation, which has the
// job's id too.
func (h *harness) addJob(id string, count int, ports ...int32) {
	container := structs.ContainerDefinition{Memory: new(int32(1))}
	for _, p := range ports {
		container.PortMappings = append(container.PortMappings, structs.PortMapping{HostPort: new(p)})
	}
	h.update(func(tx *state.Tx, index uint64) {
		tx.PutTaskDefinition(&structs.TaskDefinition{Family: id, Revision: 1, ContainerDefinitions: []structs.ContainerDefinition{container}})
		tx.PutJob(&structs.Job{ID: id, Cluster: "default", TaskDefinition: id + ":1", Count: count})
		tx.PutEvaluation(&structs.Evaluation{ID: id, Job: id, Status: structs.EvaluationReady, ModifyIndex: index})
	})
}

// planFor schedules a job on the newest state.
func (h *harness) planFor(job string) *structs.Plan {
	snap := h.store.Snapshot()
	var seed [16]byte
	for i := range seed {
		seed[i] = byte(rand.Uint32())
	}
	plan := scheduler.Schedule(scheduler.Input{View: snap, Evaluation: snap.Evaluation(job), Now: 1, Seed: seed})
	plan.Seen = snap.Index()
	return &plan
}

func (h *harness) tasks(job string) int {
	return len(slices.Collect(h.store.Snapshot().JobTasks(job)))
}

// start runs a planner until the test ends.
func (h *harness) start() *Planner {
	p := New(Config{Snapshot: h.store.Snapshot, Apply: h.apply})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	h.t.Cleanup(func() {
		cancel()
		<-ended
	})
	return p
}

func submit(t *testing.T, p *Planner, plan *structs.Plan) Outcome {
	t.Helper()
	outcome, err := p.Submit(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}
