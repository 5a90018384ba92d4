package planner

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/gantry-project/gantry/scheduler"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// server is a log of one: a store, and an Apply that does to it what the state machine does with a
// plan.
type server struct {
	t       testing.TB
	store   *state.Store
	mu      sync.Mutex
	entries []structs.Plan
	// before runs ahead of each Apply; its error is Apply's.
	before func(context.Context) error
}

func newServer(t testing.TB) *server {
	return &server{t: t, store: state.New(), before: func(context.Context) error { return nil }}
}

func (s *server) apply(ctx context.Context, cmd structs.Command) (structs.Applied, error) {
	if err := s.before(ctx); err != nil {
		return structs.Applied{}, err
	}
	plan := cmd.(structs.ApplyPlan).Plan
	index := s.update(func(tx *state.Tx, index uint64) {
		eval := *tx.Evaluation(plan.Evaluation)
		eval.Status, eval.Unplaced, eval.Failures, eval.ModifyIndex = plan.Status, plan.Unplaced, plan.Failures, index
		tx.PutEvaluation(&eval)
		for _, p := range plan.Placements {
			if tx.Task(p.Task) != nil {
				s.t.Errorf("task id %s is used twice", p.Task)
			}
			tx.PutTask(&structs.Task{
				ID: p.Task, Job: plan.Job, Group: tx.Job(plan.Job).Group, Instance: p.Instance, LastStatus: structs.TaskProvisioning,
				DesiredStatus: structs.TaskRunning,
				CPU:           plan.Need.CPU, Memory: plan.Need.Memory, Ports: plan.Need.Ports,
			})
		}
	})
	s.mu.Lock()
	s.entries = append(s.entries, plan)
	s.mu.Unlock()
	return structs.Applied{Index: index}, nil
}

func (s *server) update(fn func(tx *state.Tx, index uint64)) (index uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	index = s.store.Snapshot().Index() + 1
	if err := s.store.Update(index, func(tx *state.Tx) error { fn(tx, index); return nil }); err != nil {
		s.t.Error(err)
	}
	return index
}

func (s *server) addInstance(id string, memory int64) {
	s.update(func(tx *state.Tx, _ uint64) {
		tx.PutInstance(&structs.ContainerInstance{
			ID: id, Cluster: "default", Status: structs.InstanceActive, AgentConnected: true,
			Registered: structs.Resources{CPU: 1 << 20, Memory: memory},
		})
	})
}

// addJob adds a job of count tasks of one MiB each, with ports, and its evaluation, which has the
// job's id too.
func (s *server) addJob(id string, count int, ports ...int32) {
	container := structs.ContainerDefinition{Memory: new(int32(1))}
	for _, p := range ports {
		container.PortMappings = append(container.PortMappings, structs.PortMapping{HostPort: new(p)})
	}
	s.update(func(tx *state.Tx, index uint64) {
		tx.PutTaskDefinition(&structs.TaskDefinition{Family: id, Revision: 1, ContainerDefinitions: []structs.ContainerDefinition{container}})
		tx.PutJob(&structs.Job{ID: id, Cluster: "default", TaskDefinition: id + ":1", Count: count})
		tx.PutEvaluation(&structs.Evaluation{ID: id, Job: id, Status: structs.EvaluationReady, ModifyIndex: index})
	})
}

// planFor schedules a job on the newest state.
func (s *server) planFor(job string) *structs.Plan {
	snap := s.store.Snapshot()
	var seed [16]byte
	for i := range seed {
		seed[i] = byte(rand.Uint32())
	}
	plan := scheduler.Schedule(scheduler.Input{View: snap, Evaluation: snap.Evaluation(job), Now: 1, Seed: seed})
	plan.Seen = snap.Index()
	return &plan
}

func (s *server) tasks(job string) int {
	return len(slices.Collect(s.store.Snapshot().JobTasks(job)))
}

// start runs a planner until the test ends.
func (s *server) start() *Planner {
	p := New(Config{Snapshot: s.store.Snapshot, Apply: s.apply})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	s.t.Cleanup(func() {
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

func TestWholePlanIsOneEntryWithItsVerdict(t *testing.T) {
	s := newServer(t)
	s.addInstance("i", 3)
	s.addJob("j", 4)
	outcome := submit(t, s.start(), s.planFor("j"))
	if len(outcome.Refused) > 0 || outcome.Index != s.store.Snapshot().Index() || len(s.entries) != 1 {
		t.Errorf("outcome %+v after %d entries at index %d", outcome, len(s.entries), s.store.Snapshot().Index())
	}
	e := s.store.Snapshot().Evaluation("j")
	if s.tasks("j") != 3 || e.Status != structs.EvaluationDone || e.Unplaced != 1 || len(e.Failures) != 1 {
		t.Errorf("%d tasks, evaluation %+v; want 3 tasks and the scheduler's verdict on the fourth", s.tasks("j"), e)
	}
}

func TestTwoPlansForTheLastRoom(t *testing.T) {
	for name, ports := range map[string][]int32{"memory": nil, "ports": {80}} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.addInstance("i", 1)
			if ports != nil {
				s.addInstance("i", 100)
			}
			s.addJob("a", 1, ports...)
			s.addJob("b", 1, ports...)
			first, second := s.planFor("a"), s.planFor("b") // neither sees the other
			p := s.start()
			if outcome := submit(t, p, first); len(outcome.Refused) != 0 {
				t.Fatalf("the first plan is refused: %+v", outcome)
			}
			outcome := submit(t, p, second)
			if !slices.Equal(outcome.Refused, second.Placements) || outcome.Index != s.store.Snapshot().Index() {
				t.Fatalf("the second plan's outcome is %+v, want all refused", outcome)
			}
			if len(s.entries) != 1 || s.store.Snapshot().Evaluation("b").Status != structs.EvaluationReady {
				t.Error("a plan of which nothing fits leaves its mark")
			}
			submit(t, p, s.planFor("b"))
			if e := s.store.Snapshot().Evaluation("b"); e.Status != structs.EvaluationDone || e.Unplaced != 1 || s.tasks("b") != 0 {
				t.Errorf("planned again, the second finds no room; its evaluation is %+v", e)
			}
		})
	}
}

func TestTwoPlansThatWantInstancesOfTheirOwn(t *testing.T) {
	s := newServer(t)
	s.addInstance("i1", 100)
	s.addInstance("i2", 100)
	s.addJob("a", 1)
	s.addJob("b", 2)
	s.update(func(tx *state.Tx, _ uint64) {
		for _, id := range []string{"a", "b"} {
			job := *tx.Job(id)
			job.Type, job.Group = structs.JobBatch, "g"
			job.PlacementConstraints = []structs.PlacementConstraint{{Type: structs.ConstraintDistinctInstance}}
			tx.PutJob(&job)
		}
	})
	first, second := s.planFor("a"), s.planFor("b") // neither sees the other
	p := s.start()
	submit(t, p, first)
	if outcome := submit(t, p, second); len(outcome.Refused) != 1 || outcome.Refused[0].Instance != first.Placements[0].Instance {
		t.Fatalf("the second plan's outcome is %+v, want a refusal of instance %s, where the first went", outcome, first.Placements[0].Instance)
	}
}

func TestRefusedPartIsPlannedAgain(t *testing.T) {
	s := newServer(t)
	s.addInstance("small", 3)
	s.addJob("a", 2)
	s.addJob("b", 3)
	first, second := s.planFor("a"), s.planFor("b")
	second.Failures = []structs.PlacementFailure{{Reason: structs.FailCPU}}
	p := s.start()
	submit(t, p, first)
	outcome := submit(t, p, second)
	if !slices.Equal(outcome.Refused, second.Placements[1:]) {
		t.Fatalf("refused %v, want all but the first of %v", outcome.Refused, second.Placements)
	}
	e := s.store.Snapshot().Evaluation("b")
	if s.tasks("b") != 1 || e.Status != structs.EvaluationReady || len(e.Failures) != 0 {
		t.Fatalf("%d tasks, evaluation %+v; want the one that fits, and no verdict yet", s.tasks("b"), e)
	}
	if len(second.Placements) != 3 || second.Status != structs.EvaluationDone {
		t.Error("the submitted plan was changed")
	}
	s.addInstance("big", 100)
	if outcome := submit(t, p, s.planFor("b")); len(outcome.Refused) != 0 {
		t.Fatalf("planned again: %+v", outcome)
	}
	if e := s.store.Snapshot().Evaluation("b"); s.tasks("b") != 3 || e.Status != structs.EvaluationDone {
		t.Errorf("%d tasks of 3, evaluation %+v", s.tasks("b"), e)
	}
}

func TestPlacementOnAnInstanceThatChanged(t *testing.T) {
	changes := map[string]func(*state.Tx, *structs.ContainerInstance){
		"gone": func(tx *state.Tx, i *structs.ContainerInstance) { tx.RemoveInstance(i) },
		"draining": func(tx *state.Tx, i *structs.ContainerInstance) {
			i.Status = structs.InstanceDraining
			tx.PutInstance(i)
		},
		"lost":    func(tx *state.Tx, i *structs.ContainerInstance) { i.AgentConnected = false; tx.PutInstance(i) },
		"smaller": func(tx *state.Tx, i *structs.ContainerInstance) { i.Registered.Memory = 0; tx.PutInstance(i) },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.addInstance("i", 1)
			s.addJob("j", 1)
			plan := s.planFor("j")
			s.update(func(tx *state.Tx, _ uint64) {
				i := *tx.Instance("i")
				change(tx, &i)
			})
			if outcome := submit(t, s.start(), plan); len(outcome.Refused) != 1 || s.tasks("j") != 0 {
				t.Errorf("outcome %+v, %d tasks", outcome, s.tasks("j"))
			}
		})
	}
}

func TestStalePlans(t *testing.T) {
	s := newServer(t)
	s.addInstance("i", 5)
	s.addJob("j", 2)
	s.addJob("half", 2)
	p := s.start()
	stale := func(what string, plan *structs.Plan) {
		t.Helper()
		before := len(s.entries)
		if _, err := p.Submit(t.Context(), plan); !errors.Is(err, ErrStale) || len(s.entries) != before {
			t.Errorf("%s: %v, %d new entries", what, err, len(s.entries)-before)
		}
	}
	first, again := s.planFor("j"), s.planFor("j") // two workers with the same evaluation
	submit(t, p, first)
	stale("the evaluation is done", again)

	// Two workers with the same evaluation, and the first one's plan fits only in part: the
	// evaluation is open still.
	first, again = s.planFor("half"), s.planFor("half")
	first.Placements = append(first.Placements, structs.Placement{Task: "t", Instance: "gone"})
	submit(t, p, first)
	if s.store.Snapshot().Evaluation("half").Status != structs.EvaluationReady {
		t.Fatal("the evaluation is decided though a part was refused")
	}
	stale("the evaluation has changed", again)

	unknown := *again
	unknown.Evaluation = "unknown"
	stale("there is no such evaluation", &unknown)
	if s.tasks("j") != 2 || s.tasks("half") != 2 {
		t.Errorf("%d and %d tasks, want 2 each", s.tasks("j"), s.tasks("half"))
	}
}

// TestManyWorkers: plans made side by side for more than there is room for never over-commit, and
// everything is decided.
func TestManyWorkers(t *testing.T) {
	const jobs, perJob, instances, room, workers = 60, 7, 10, 30, 8 // 420 tasks for 300 rooms
	s := newServer(t)
	for n := range instances {
		s.addInstance(fmt.Sprint("i", n), room)
	}
	for n := range jobs {
		if n%4 == 0 {
			s.addJob(fmt.Sprint("j", n), perJob, 80)
		} else {
			s.addJob(fmt.Sprint("j", n), perJob)
		}
	}
	p := s.start()
	todo := make(chan string, jobs)
	for n := range jobs {
		todo <- fmt.Sprint("j", n)
	}
	close(todo)
	var work sync.WaitGroup
	for range workers {
		work.Go(func() {
			for job := range todo {
				for refused := 1; refused > 0; {
					outcome, err := p.Submit(t.Context(), s.planFor(job))
					if err != nil {
						t.Errorf("job %s: %v", job, err)
						return
					}
					refused = len(outcome.Refused)
				}
			}
		})
	}
	work.Wait()

	snap, placed := s.store.Snapshot(), 0
	for i := range snap.AllInstances() {
		u := snap.Usage(i.ID)
		if u.Memory > room {
			t.Errorf("instance %s holds %d of %d MiB", i.ID, u.Memory, room)
		}
		if len(slices.Compact(slices.Clone(u.Ports))) != len(u.Ports) {
			t.Errorf("instance %s gave a port twice: %v", i.ID, u.Ports)
		}
	}
	for e := range snap.Evaluations() {
		n := s.tasks(e.Job)
		placed += n
		if e.Status != structs.EvaluationDone || n+e.Unplaced != perJob {
			t.Errorf("job %s has %d tasks of %d, its evaluation is %+v", e.Job, n, perJob, e)
		}
	}
	if placed != instances*room {
		t.Errorf("%d tasks are placed, there is room for %d", placed, instances*room)
	}
}

func TestCancelledBeforeItsTurn(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.addInstance("i", 9)
		s.addJob("a", 1)
		s.addJob("b", 1)
		goOn := make(chan struct{})
		s.before = func(context.Context) error { <-goOn; return nil }
		p := New(Config{Snapshot: s.store.Snapshot, Apply: s.apply})
		runCtx, stop := context.WithCancel(t.Context())
		go p.Run(runCtx)

		submitCancelled := func(job string) <-chan error {
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() {
				_, err := p.Submit(ctx, s.planFor(job))
				ended <- err
			}()
			synctest.Wait() // it is with the planner, or waits for its turn
			cancel()
			return ended
		}
		first := submitCancelled("a")
		second := submitCancelled("b")
		if err := <-second; !errors.Is(err, context.Canceled) {
			t.Errorf("a plan cancelled before its turn ends with %v", err)
		}
		close(goOn)
		if err := <-first; err != nil {
			t.Errorf("a plan cancelled while it commits ends with %v", err)
		}
		stop()
		synctest.Wait()
		if s.tasks("a") != 1 || s.tasks("b") != 0 {
			t.Errorf("%d and %d tasks, want the first one's only", s.tasks("a"), s.tasks("b"))
		}
	})
}

func TestPlannerEnds(t *testing.T) {
	tests := []struct {
		name   string
		err    error // of Apply
		goesOn bool
	}{
		{"refused by the state machine", structs.Errorf(structs.KindConflict, "no"), true},
		{"no leader", structs.ErrNoLeader(), false},
		{"fate unknown", context.DeadlineExceeded, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			faketime.Test(t, func(t *testing.T) {
				s := newServer(t)
				s.addInstance("i", 9)
				s.addJob("a", 1)
				s.addJob("b", 1)
				s.before = func(context.Context) error { return test.err }
				p := New(Config{Snapshot: s.store.Snapshot, Apply: s.apply})
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- p.Run(ctx) }()
				if _, err := p.Submit(ctx, s.planFor("a")); !errors.Is(err, test.err) {
					t.Errorf("the plan ends with %v, want %v", err, test.err)
				}
				s.before = func(context.Context) error { return nil }
				_, err := p.Submit(ctx, s.planFor("b"))
				if test.goesOn && err != nil || !test.goesOn && !errors.Is(err, ErrStopped) {
					t.Errorf("the next plan ends with %v", err)
				}
				stop()
				if err := <-ended; test.goesOn != (err == nil) {
					t.Errorf("Run ends with %v", err)
				}
				if _, err := p.Submit(t.Context(), s.planFor("b")); !errors.Is(err, ErrStopped) {
					t.Errorf("a plan after the end ends with %v", err)
				}
			})
		})
	}
}
