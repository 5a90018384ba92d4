package testutil

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
	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/scheduler"
	"github.com/gantry-project/gantry/server/simulator"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// SingleNode is all of a cluster that stands behind the doors, without raft, network and agents. A
// write goes through the log's encoding straight into the FSM, and each evaluation is scheduled and
// committed before the write that made it returns, but for those that wait for their time: Advance
// moves on to it. What agents would report, Run, Fail and the like do. Ids count up from 1 and the
// clock moves on by a second each time it is read, so that the same calls give the same answers,
// byte for byte.
type SingleNode struct {
	Control *control.Control
	Store   *state.Store

	mu     sync.Mutex
	fsm    *fsm.FSM
	index  uint64
	ids    uint64
	now    time.Time
	outage int // how many further calls find no leader
	behind bool
	step   time.Duration
}

const (
	// clockStep is how far the clock moves on with each reading, where SetStep says nothing else.
	clockStep = time.Second
	// maxEvaluations bounds how many evaluations one write may lead to.
	maxEvaluations = 1000
)

// NewSingleNode makes an empty cluster.
func NewSingleNode(t testing.TB) *SingleNode {
	t.Helper()
	logger := slog.New(slog.NewTextHandler(t.Output(), nil))
	c := &SingleNode{Store: state.New(), step: clockStep, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	c.fsm = fsm.New(fsm.Config{Store: c.Store, Logger: logger})
	c.Control = control.New(control.Config{
		Log: c, Store: c.Store, Logger: logger, NewID: c.newID, Now: c.clock, Beat: c.beat, Simulator: simulator.New(simulator.Config{}),
	})
	return c
}

// SetStep says how far the clock moves on with each reading. What waits for a time that is no
// farther counts as ready.
func (c *SingleNode) SetStep(step time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.step = step
}

// Outage makes the next n reads and writes find no leader.
func (c *SingleNode) Outage(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outage = n
}

// AddInstance registers a container instance in a cluster and connects its agent.
func (c *SingleNode) AddInstance(t testing.TB, cluster string, cpu, memory int64) *structs.ContainerInstance {
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

// beat connects an instance at its agent's first beat.
func (c *SingleNode) beat(instance string) (time.Duration, error) {
	if i := c.Store.Snapshot().Instance(instance); i != nil && !i.AgentConnected {
		// Without a leader the next beat does.
		_, _ = c.Apply(context.Background(), structs.SetAgentConnected{Instances: []string{instance}, Connected: true, At: structs.TimeOf(c.clock())})
	}
	return 0, nil
}

// MustApply applies a command that must not be refused.
func (c *SingleNode) MustApply(t testing.TB, cmd structs.Command) structs.Applied {
	t.Helper()
	applied, err := c.Apply(t.Context(), cmd)
	if err != nil {
		t.Fatal(err)
	}
	return applied
}

// Apply is control's Log.
func (c *SingleNode) Apply(_ context.Context, cmd structs.Command) (structs.Applied, error) {
	if err := c.Current(context.Background()); err != nil {
		return structs.Applied{}, err
	}
	applied, err := c.commit(cmd)
	if err != nil || c.behind {
		return applied, err
	}
	return applied, c.evaluateReady()
}

// Batch schedules what fn writes only at its end, as a cluster does whose workers are behind. Verbs
// that wait for an evaluation wait in vain within fn.
func (c *SingleNode) Batch(t testing.TB, fn func()) {
	t.Helper()
	c.behind = true
	fn()
	c.behind = false
	if err := c.evaluateReady(); err != nil {
		t.Fatal(err)
	}
}

// evaluateReady schedules what is ready or due, and what that makes ready, until nothing is.
func (c *SingleNode) evaluateReady() error {
	for range maxEvaluations {
		eval := c.nextReady()
		if eval == nil {
			return nil
		}
		if err := c.evaluate(eval); err != nil {
			return err
		}
	}
	return fmt.Errorf("evaluations go on and on: %d in a row", maxEvaluations)
}

// nextReady gives the evaluation that is ready and comes first, as the broker does.
func (c *SingleNode) nextReady() (first *structs.Evaluation) {
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

func (c *SingleNode) evaluate(eval *structs.Evaluation) error {
	var seed [16]byte
	binary.BigEndian.PutUint64(seed[:], c.next())
	snap := c.Store.Snapshot()
	plan := scheduler.Schedule(scheduler.Input{View: snap, Evaluation: eval, Now: structs.TimeOf(c.clock()), Seed: seed})
	plan.Seen = snap.Index()
	_, err := c.commit(structs.ApplyPlan{Plan: plan})
	return err
}

// Current is control's Log.
func (c *SingleNode) Current(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.outage > 0 {
		c.outage--
		return structs.ErrNoLeader()
	}
	return nil
}

func (c *SingleNode) commit(cmd structs.Command) (structs.Applied, error) {
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

func (c *SingleNode) clock() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(c.step)
	return c.now
}

// newID gives ids that differ in both halves, as those of a real cluster do: other ids are made of
// the first half of a job's.
func (c *SingleNode) newID() string {
	n := c.next()
	return fmt.Sprintf("%016x%016x", n, n)
}

func (c *SingleNode) next() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ids++
	return c.ids
}
