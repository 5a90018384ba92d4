package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/server"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

const (
	millionInstances = 5_000
	callers          = 16
)

// million measures one server with its log on disk: a thousand services of a thousand tasks on
// 5,000 instances, from the first call until the last task is placed; then their memory, and the
// time of a snapshot and a restore.
func million(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "gantry-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := server.New(server.Config{ID: "bench", DataDir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	stopped := false
	stop := func() error {
		if stopped {
			return nil
		}
		stopped = true
		return s.Stop()
	}
	defer func() { err = errors.Join(err, stop()) }()
	beating, end := context.WithCancel(ctx)
	defer end()
	go beat(beating, s.Control())
	if err := furnish(ctx, s); err != nil {
		return err
	}
	var took spent
	since := now()
	if err := createServices(ctx, s.Control()); err != nil {
		return err
	}
	if err := allPlaced(ctx, s.Control()); err != nil {
		return err
	}
	took.add(since)
	tasks := wholeJobs * jobTasks
	perSecond := float64(tasks) / took.wall.Seconds()
	figure("evaluation, raft and state: 1,000 services of 1,000", fmt.Sprintf("%.0f tasks/s by the clock (%.0f/cpu-s)", perSecond, float64(tasks)/took.cpu.Seconds()),
		"≥ 100,000 tasks/s", perSecond >= 100_000)
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	gigabytes := float64(memory.HeapAlloc) / 1e9
	figure("  heap with a million tasks", fmt.Sprintf("%.2f GB", gigabytes), "≤ 1.50 GB", gigabytes <= 1.5)
	snapshot := stateOf(s.Control())
	if err := stop(); err != nil {
		return err
	}
	return saveAndRestore(snapshot, filepath.Join(dir, "snapshots"))
}

// furnish registers task definitions and instances, and makes their agents count as connected.
func furnish(ctx context.Context, s *server.Server) error {
	for s.Ready() != nil {
		time.Sleep(time.Millisecond)
	}
	commands := []structs.Command{structs.CreateCluster{Cluster: structs.Cluster{Name: "default", Status: structs.ClusterActive}}}
	for _, memory := range sizes {
		commands = append(commands, structs.RegisterTaskDefinition{Definition: *definition(memory)})
	}
	for _, c := range commands {
		if _, err := s.Apply(ctx, c); err != nil {
			return err
		}
	}
	err := concurrently(millionInstances, func(n int) error {
		_, err := s.Apply(ctx, structs.RegisterInstance{Instance: *instance(n, millionInstances)})
		return err
	})
	for err == nil && !connected(stateOf(s.Control())) {
		time.Sleep(time.Millisecond)
		err = ctx.Err()
	}
	return err
}

// beat sends the beats of the agents until ctx ends.
func beat(ctx context.Context, c *control.Control) {
	for ctx.Err() == nil {
		for i := range stateOf(c).AllInstances() {
			_, _ = c.Beat(i.ID) // the one server there is takes it
		}
		select {
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// stateOf returns what the server knows, without a question to the log.
func stateOf(c *control.Control) *state.Snapshot {
	snap, _ := c.Read(control.AllowStale(context.Background())) // which cannot fail
	return snap
}

func connected(snap *state.Snapshot) bool {
	for i := range snap.AllInstances() {
		if !i.AgentConnected {
			return false
		}
	}
	return true
}

// createServices makes half of the services with binpack and half with spread.
func createServices(ctx context.Context, c *control.Control) error {
	return concurrently(wholeJobs, func(n int) error {
		in := control.CreateServiceInput{Cluster: "default", Name: fmt.Sprint("service", n)}
		in.TaskDefinition, in.Count, in.PlacementStrategy = definition(sizes[n%len(sizes)]).Key(), new(jobTasks), binpack
		if n%2 == 1 {
			in.PlacementStrategy = spread
		}
		_, err := c.CreateService(ctx, in)
		return err
	})
}

// allPlaced waits for the end of all evaluations.
func allPlaced(ctx context.Context, c *control.Control) error {
	for ctx.Err() == nil {
		open := false
		for e := range stateOf(c).Evaluations() {
			if e.Status == structs.EvaluationBlocked {
				return fmt.Errorf("evaluation %s found no place for %d tasks: %v", e.ID, e.Unplaced, e.Failures)
			}
			open = open || e.Status != structs.EvaluationDone
		}
		if !open {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return ctx.Err()
}

// concurrently calls a function with each number below n, some at a time.
func concurrently(n int, call func(int) error) error {
	var wg sync.WaitGroup
	numbers, errs := make(chan int, n), make([]error, callers)
	for i := range n {
		numbers <- i
	}
	close(numbers)
	for caller := range callers {
		wg.Go(func() {
			for i := range numbers {
				if errs[caller] = call(i); errs[caller] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// saveAndRestore times a snapshot on disk and the restore of an empty server from it.
func saveAndRestore(full *state.Snapshot, dir string) error {
	store, err := raft.NewFileSnapshotStore(dir, 1, io.Discard)
	if err != nil {
		return err
	}
	_, transport := raft.NewInmemTransport("")
	sink, err := store.Create(raft.SnapshotVersionMax, 1, 1, raft.Configuration{}, 0, transport)
	if err != nil {
		return err
	}
	var save, restore spent
	since := now()
	saved, err := fsm.New(fsm.Config{Store: full.Fork(), Logger: slog.New(slog.DiscardHandler)}).Snapshot()
	if err != nil {
		return err
	}
	if err := saved.Persist(sink); err != nil {
		return err
	}
	save.add(since)
	_, from, err := store.Open(sink.ID())
	if err != nil {
		return err
	}
	since = now()
	if err := fsm.New(fsm.Config{Store: state.New(), Logger: slog.New(slog.DiscardHandler)}).Restore(from); err != nil {
		return err
	}
	restore.add(since)
	seconds("  snapshot to disk", save, 1500*time.Millisecond)
	seconds("  restore from disk", restore, 8*time.Second)
	return nil
}

func seconds(what string, s spent, goal time.Duration) {
	figure(what, fmt.Sprintf("%.2f s (%.2f cpu-s)", s.wall.Seconds(), s.cpu.Seconds()), fmt.Sprintf("≤ %.1f s", goal.Seconds()), s.wall <= goal)
}
