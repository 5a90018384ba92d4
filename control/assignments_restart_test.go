package control_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// replaceState replaces the state with a copy, as a snapshot from another server would.
func replaceState(t *testing.T, c *singlenode.Node) { saveState(t, c)() }

// saveState returns a function that restores the state as it is now.
func saveState(t *testing.T, c *singlenode.Node) (restore func()) {
	t.Helper()
	machine := fsm.New(fsm.Config{Store: c.Store, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	snapshot, err := machine.Snapshot()
	noError(t, err)
	snapshots := raft.NewInmemSnapshotStore()
	sink, err := snapshots.Create(raft.SnapshotVersionMax, 1, 1, raft.Configuration{}, 1, nil)
	noError(t, err)
	noError(t, snapshot.Persist(sink))
	_, content, err := snapshots.Open(sink.ID())
	noError(t, err)
	return func() { noError(t, machine.Restore(content)) }
}

// A subscriber that was too slow, or whose state was replaced by a snapshot, gets everything again.
func TestStreamAfterLoss(t *testing.T) {
	inNode(t, func(t *testing.T, c *singlenode.Node, instance string) {
		s := openStream(t, c.Control, instance)
		defer s.Close()
		expectFrame(t, next(t, s), true)
		tasks := ids(run(t, c.Control, job(3)))
		expectFrame(t, next(t, s), false, tasks...)
		report(t, c.Control, instance, tasks[0], structs.TaskStopped)
		replaceState(t, c)
		expectFrame(t, next(t, s), true, tasks[1:]...)
		silent(t, s)
	})
}

// An instance counts as connected from its stream's first beat, and a registration does not change
// that: an agent that restarts within its lease has lost nothing. (server/liveness tests when it
// ends.)
func TestConnectedFromTheFirstBeat(t *testing.T) {
	inNode(t, func(t *testing.T, c *singlenode.Node, instance string) {
		connected := func(want bool) {
			t.Helper()
			if got := c.Store.Snapshot().Instance(instance).AgentConnected; got != want {
				t.Fatalf("connected: %v, not %v", got, want)
			}
		}
		connected(false)
		first := openStream(t, c.Control, instance)
		connected(true)
		first.Close()
		connected(true)
		again := *c.Store.Snapshot().Instance(instance)
		_, err := c.Control.RegisterInstance(t.Context(), again)
		noError(t, err)
		connected(true)
	})
}

// A stream opens once the server knows the registration that its agent got as an answer, and the
// leader knows that the agent is there.
func TestStreamWaitsForTheRegistration(t *testing.T) {
	inNode(t, func(t *testing.T, c *singlenode.Node, instance string) {
		opened := make(chan error, 1)
		// the connection, and another registration
		version := c.Store.Snapshot().Instance(instance).Version + 2
		go func() {
			s, err := c.Control.Assignments(t.Context(), instance, version)
			if err == nil {
				s.Close()
			}
			opened <- err
		}()
		synctest.Wait()
		if len(opened) > 0 {
			t.Fatal("the stream tells what is older than the registration")
		}
		_, err := c.Control.RegisterInstance(t.Context(), *c.Store.Snapshot().Instance(instance))
		noError(t, err)
		noError(t, <-opened)

		deaf := control.New(control.Config{Log: c, Store: c.Store, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
		c.MustApply(t, structs.SetAgentConnected{Instances: []string{instance}, At: 1})
		unheard, err := deaf.Assignments(t.Context(), instance, 0)
		noError(t, err)
		defer unheard.Close()
		_, err = unheard.Next(t.Context())
		expectError(t, err, structs.KindUnavailable, "")
	})
}

// Tasks come and go while an agent listens. At the end it has heard of all of them, and of each
// stop.
func TestStreamMissesNothing(t *testing.T) {
	inCluster(t, func(t *testing.T, c *testutil.Cluster) {
		verbs := c.Control()
		define(t, verbs, "web")
		instance := addInstance(t, verbs).ID
		s := openStream(t, verbs, instance)
		defer s.Close()

		const callers, calls, each = 8, 5, 5
		var mu sync.Mutex
		want := map[string]structs.TaskStatus{}
		var users sync.WaitGroup
		for range callers {
			users.Go(func() {
				for n := range calls {
					placed, err := verbs.RunTask(t.Context(), job(each))
					if err != nil || len(placed.Tasks) != each {
						t.Error(placed.Failures, err)
						return
					}
					for i, task := range placed.Tasks {
						wish := structs.TaskRunning
						if (i+n)%2 == 0 {
							wish = structs.TaskStopped
							if _, err := verbs.StopTask(t.Context(), structs.DefaultCluster, task.ID, ""); err != nil {
								t.Error(err)
							}
						}
						mu.Lock()
						want[task.ID] = wish
						mu.Unlock()
					}
				}
			})
		}

		told := map[string]structs.TaskStatus{}
		ctx, cancel := context.WithCancel(t.Context())
		var reader sync.WaitGroup
		reader.Go(func() {
			for frame, err := s.Next(ctx); err == nil; frame, err = s.Next(ctx) {
				for _, a := range frame.Assignments {
					if told[a.Task.ID] == a.Task.DesiredStatus {
						t.Errorf("told twice of %s", a.Task.ID)
					}
					told[a.Task.ID] = a.Task.DesiredStatus
				}
			}
		})
		users.Wait()
		time.Sleep(time.Second) // until the reader has nothing left to read
		cancel()
		reader.Wait()
		if diff := cmp.Diff(want, told); diff != "" || len(want) != callers*calls*each {
			t.Errorf("of %d tasks, what was told differs (-want +told):\n%s", len(want), diff)
		}
	})
}

// After a snapshot is restored, an agent must register again if its registration is newer than the
// state's, or if the state does not know it at all.
func TestStreamAfterRestore(t *testing.T) {
	inNode(t, func(t *testing.T, c *singlenode.Node, instance string) {
		_, err := c.Control.Assignments(t.Context(), instance, c.Store.Snapshot().Instance(instance).Version+9)
		expectError(t, err, structs.KindResourceNotFound, "")

		s := openStream(t, c.Control, instance)
		defer s.Close()
		_, err = s.Next(t.Context())
		noError(t, err)
		c.Store.Replace(state.New())
		_, err = s.Next(t.Context())
		expectError(t, err, structs.KindResourceNotFound, "")
	})
}
