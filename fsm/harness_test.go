package fsm

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// harness applies commands the way raft does, encoded, one index after the other.
type harness struct {
	testing.TB
	fsm   *FSM
	index uint64
}

func newHarness(t testing.TB) *harness {
	return &harness{TB: t, fsm: New(Config{Store: state.New(), Logger: slog.New(slog.DiscardHandler)})}
}

func (h *harness) apply(cmd structs.Command) Result {
	h.Helper()
	h.index++
	return h.fsm.Apply(&raft.Log{Index: h.index, Data: encode(h, cmd)}).(Result)
}

// do applies a command that must not be refused and returns its key.
func (h *harness) do(cmd structs.Command) string {
	h.Helper()
	r := h.apply(cmd)
	if r.Err != nil {
		h.Fatalf("%T refused: %v", cmd, r.Err)
	}
	if r.Applied.Index != h.index {
		h.Fatalf("%T applied at index %d, want %d", cmd, r.Applied.Index, h.index)
	}
	return r.Applied.Key
}

// refused applies a command that must be refused with an error of a kind that contains words, and
// must change nothing.
func (h *harness) refused(cmd structs.Command, kind structs.Kind, words string) *structs.Error {
	h.Helper()
	before := h.dump()
	err, ok := h.apply(cmd).Err.(*structs.Error)
	if !ok {
		h.Fatalf("%T was not refused", cmd)
	}
	if err.Kind != kind || !strings.Contains(err.Message, words) {
		h.Errorf("%T refused with %s %q, want %s %q", cmd, err.Kind, err.Message, kind, words)
	}
	if h.dump() != before {
		h.Errorf("%T was refused and changed something", cmd)
	}
	return err
}

// dump returns the whole state except the index, for comparing.
func (h *harness) dump() string {
	h.Helper()
	all := persist(h, h.fsm)
	return string(all[len(snapshotMagic)+2+8 : len(all)-4])
}

func (h *harness) snap() *state.Snapshot { return h.fsm.store.Snapshot() }

// cluster returns cluster prod with instances i1 and i2, definition web:1, and job j1 with
// evaluation e1.
func cluster(t testing.TB) *harness {
	h := newHarness(t)
	h.do(structs.CreateCluster{Cluster: structs.Cluster{Name: "prod", CreatedAt: 1}})
	h.do(structs.RegisterTaskDefinition{Definition: sampleDefinition()})
	h.do(structs.RegisterInstance{Instance: instance("i1", "prod")})
	h.do(structs.RegisterInstance{Instance: instance("i2", "prod")})
	h.do(createJobCommand("j1", "e1"))
	return h
}

// running returns cluster with tasks t1 on i1 and t2 on i2.
func running(t testing.TB) *harness {
	h := cluster(t)
	h.do(planOf("e1", "j1", structs.Placement{Task: "t1", Instance: "i1"}, structs.Placement{Task: "t2", Instance: "i2"}))
	return h
}

func instance(id, cluster string) structs.ContainerInstance {
	return structs.ContainerInstance{
		ID: id, Cluster: cluster, Name: "host-" + id, Registered: structs.Resources{CPU: 4096, Memory: 8000}, RegisteredAt: 2,
	}
}

func createJobCommand(job, eval string) structs.CreateJob {
	return structs.CreateJob{
		Job: structs.Job{ID: job, Cluster: "prod", TaskDefinition: "web:1", Count: 2, Group: "family:web", StartedBy: "me",
			Tags: []structs.Tag{{Key: "a", Value: "b"}}, CreatedAt: 10},
		Evaluation: structs.Evaluation{ID: eval, Status: structs.EvaluationReady, CreatedAt: 10},
	}
}

func planOf(eval, job string, placements ...structs.Placement) structs.ApplyPlan {
	return structs.ApplyPlan{Plan: structs.Plan{
		Evaluation: eval, Job: job, Placements: placements, Status: structs.EvaluationDone, At: 20,
		Need: structs.Resources{CPU: 384, Memory: 256, Ports: []structs.Port{{Number: 80, Protocol: "tcp"}}},
	}}
}

// setStatus sets an instance's status without a command, and so without its effects.
func setStatus(h *harness, id, status string) {
	h.index++
	err := h.fsm.store.Update(h.index, func(tx *state.Tx) error {
		i := *tx.Instance(id)
		i.Status = status
		tx.PutInstance(&i)
		return nil
	})
	if err != nil {
		h.Fatal(err)
	}
}

// mirror is a store that follows another only through its changes.
type mirror struct {
	*FSM
	follower *state.Follower
}

// newMirror follows a server from its present state.
func newMirror(of *FSM) *mirror {
	snap := of.store.Snapshot()
	store := snap.Fork()
	return &mirror{New(Config{Store: store, Logger: slog.New(slog.DiscardHandler)}), of.store.Follow(snap.Index())}
}

// catchUp makes the changes up to an index.
func (m *mirror) catchUp(index uint64) error {
	done, cancel := context.WithCancel(context.Background())
	cancel() // everything was published
	for {
		events, err := m.follower.Next(done)
		if err == context.Canceled {
			return m.store.Update(index, func(*state.Tx) error { return nil })
		} else if err != nil {
			return err
		}
		err = m.store.Update(events[0].Index, func(tx *state.Tx) error {
			for _, e := range events {
				if e.Removed {
					e.Noun.Remove(tx, e.Row)
				} else {
					e.Noun.Put(tx, e.Row)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// sink is a raft.SnapshotSink in memory. When room is not 0, it fails after that many bytes.
type sink struct {
	bytes.Buffer
	room              int
	closed, cancelled bool
}

func (s *sink) Write(b []byte) (int, error) {
	if s.room > 0 && s.Len()+len(b) > s.room {
		return 0, errors.New("disk full")
	}
	return s.Buffer.Write(b)
}
func (s *sink) ID() string    { return "test" }
func (s *sink) Close() error  { s.closed = true; return nil }
func (s *sink) Cancel() error { s.cancelled = true; return nil }
