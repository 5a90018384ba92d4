// Package singlenode is everything of a cluster behind the doors in one value, for tests of verbs
// and doors. It imports no door, so that tests inside their packages can use it.
package singlenode

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/control/certificates"
	"github.com/gantry-project/gantry/control/vault"
	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/scheduler"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/server/planner"
	"github.com/gantry-project/gantry/server/simulator"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// Node is everything of a cluster behind the doors, without raft, network and agents. A write
// goes through the log's encoding straight into the FSM, and each evaluation is scheduled and
// committed before the write that made it returns, except those that wait for a time: Advance moves
// the clock there. Run, Fail and others report what agents would. Ids count up from 1, and the
// clock moves by a second each time it is read, so that the same calls return the same answers,
// byte for byte.
type Node struct {
	Control *control.Control
	Vault   *vault.Vault
	Store   *state.Store

	Certificates *certificates.Certificates

	planner *planner.Planner

	mu     sync.Mutex
	fsm    *fsm.FSM
	index  uint64
	ids    uint64
	now    time.Time
	outage int // how many more calls find no leader
	behind bool
	step   time.Duration
}

const (
	// clockStep is how far the clock moves with each reading, unless SetStep sets another step.
	clockStep = time.Second
	// maxEvaluations bounds how many evaluations a write may lead to.
	maxEvaluations = 1000
)

// New returns an empty cluster. Each change is applied to the config of its verbs.
func New(t testing.TB, changes ...func(*control.Config)) *Node {
	t.Helper()
	logger := slog.New(slog.NewTextHandler(t.Output(), nil))
	c := &Node{Store: state.New(), step: clockStep, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	c.fsm = fsm.New(fsm.Config{Store: c.Store, Logger: logger})
	c.planner = planner.New(planner.Config{
		Snapshot: c.Store.Snapshot, Logger: logger,
		Apply: func(_ context.Context, cmd structs.Command) (structs.Applied, error) { return c.commit(cmd) },
	})
	config := control.Config{
		Log: c, Store: c.Store, Logger: logger, NewID: c.newID, Now: c.clock, Beat: c.beat, Simulator: simulator.New(simulator.Config{}),
	}
	for _, change := range changes {
		change(&config)
	}
	c.Control = control.New(config)
	sealer, err := security.NewSecret().Sealer()
	if err != nil {
		t.Fatal(err)
	}
	c.Vault = vault.New(vault.Config{Control: c.Control, Log: config.Log, Sealer: sealer})
	c.Certificates = certificates.New(certificates.Config{Control: c.Control, Vault: c.Vault, Log: config.Log})
	return c
}

// SetStep sets how far the clock moves with each reading. Whatever waits for a time within that
// step counts as ready.
func (c *Node) SetStep(step time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.step = step
}

// Outage makes the next n reads and writes find no leader.
func (c *Node) Outage(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outage = n
}

// AddInstance registers a container instance in a cluster and connects its agent.
func (c *Node) AddInstance(t testing.TB, cluster string, cpu, memory int64) *structs.ContainerInstance {
	t.Helper()
	instance, err := c.Control.RegisterInstance(t.Context(), structs.ContainerInstance{
		Cluster: cluster, Zone: "a", Name: "host-1",
		Registered: structs.Resources{CPU: cpu, Memory: memory, Ports: []structs.Port{{Number: 22, Protocol: "tcp"}}},
		Attributes: []structs.Attribute{
			{Name: structs.AttributeZone, Value: "a"}, {Name: "ecs.cpu-architecture", Value: "x86_64"}, {Name: "ecs.os-type", Value: "linux"},
		},
		VersionInfo: structs.VersionInfo{AgentVersion: "0.1.0", DockerVersion: "20.10.24"},
	})
	if err != nil {
		t.Fatal(err)
	}
	c.MustApply(t, structs.SetAgentConnected{Instances: []string{instance.ID}, Connected: true, At: instance.RegisteredAt})
	return c.Store.Snapshot().Instance(instance.ID)
}

// beat connects an instance at the first heartbeat of its agent.
func (c *Node) beat(instance string) (time.Duration, error) {
	if i := c.Store.Snapshot().Instance(instance); i != nil && !i.AgentConnected {
		// Without a leader, the next heartbeat does.
		_, _ = c.Apply(context.Background(), structs.SetAgentConnected{Instances: []string{instance}, Connected: true, At: structs.TimeOf(c.clock())})
	}
	return 0, nil
}

// MustApply applies a command, and fails the test if it is refused.
func (c *Node) MustApply(t testing.TB, cmd structs.Command) structs.Applied {
	t.Helper()
	applied, err := c.Apply(t.Context(), cmd)
	if err != nil {
		t.Fatal(err)
	}
	return applied
}

// Apply implements control.Log.
func (c *Node) Apply(_ context.Context, cmd structs.Command) (structs.Applied, error) {
	if err := c.Current(context.Background()); err != nil {
		return structs.Applied{}, err
	}
	applied, err := c.commit(cmd)
	if err != nil || c.behind {
		return applied, err
	}
	return applied, c.evaluateReady()
}

// Batch schedules what fn writes only at its end, as a cluster does when its workers are behind. A
// verb that waits for an evaluation would wait forever within fn.
func (c *Node) Batch(t testing.TB, fn func()) {
	t.Helper()
	c.behind = true
	fn()
	c.behind = false
	if err := c.evaluateReady(); err != nil {
		t.Fatal(err)
	}
}

// evaluateReady schedules evaluations that are ready or due, and those that follow from them, until
// none is.
func (c *Node) evaluateReady() error {
	for range maxEvaluations {
		eval := c.nextReady()
		if eval == nil {
			return nil
		}
		if err := c.evaluate(eval); err != nil {
			return err
		}
	}
	return fmt.Errorf("evaluations do not end: %d in a row", maxEvaluations)
}

// nextReady returns the first evaluation that is ready, in the order of the broker.
func (c *Node) nextReady() (first *structs.Evaluation) {
	c.mu.Lock()
	nextReading := structs.TimeOf(c.now.Add(c.step))
	c.mu.Unlock()
	snap := c.Store.Snapshot()
	for eval := range snap.Evaluations() {
		if eval.Status != structs.EvaluationReady || eval.WaitUntil > nextReading {
			continue
		}
		if first == nil || cmp.Or(cmp.Compare(snap.Importance(first), snap.Importance(eval)), cmp.Compare(eval.CreatedAt, first.CreatedAt), cmp.Compare(eval.ModifyIndex, first.ModifyIndex)) < 0 {
			first = eval
		}
	}
	return first
}

func (c *Node) evaluate(eval *structs.Evaluation) error {
	plan := func(snap *state.Snapshot, eval *structs.Evaluation) (*structs.Plan, error) {
		var seed [16]byte
		binary.BigEndian.PutUint64(seed[:], c.next())
		plan := scheduler.Schedule(scheduler.Input{View: snap, Evaluation: eval, Now: structs.TimeOf(c.clock()), Seed: seed})
		return &plan, nil
	}
	loop := planner.Loop{Snapshot: c.Store.Snapshot, Plan: plan, Submit: c.planner.Decide}
	return loop.UntilCommitted(context.Background(), eval.ID)
}

// Current implements control.Log.
func (c *Node) Current(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.outage > 0 {
		c.outage--
		return structs.ErrNoLeader()
	}
	return nil
}

func (c *Node) commit(cmd structs.Command) (structs.Applied, error) {
	data, err := fsm.Encode(cmd)
	if err != nil {
		return structs.Applied{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.index++
	result := c.fsm.Apply(&raft.Log{Index: c.index, Term: 1, Data: data}).(fsm.Result)
	return result.Applied, result.Err
}

func (c *Node) clock() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(c.step)
	return c.now
}

// newID returns ids that differ in both halves, as in a real cluster: other ids are made from the
// first half of a job's id.
func (c *Node) newID() string {
	n := c.next()
	return fmt.Sprintf("%016x%016x", n, n)
}

func (c *Node) next() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ids++
	return c.ids
}
