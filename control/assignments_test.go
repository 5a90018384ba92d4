package control_test

import (
	"context"
	"log/slog"
	"slices"
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
	"github.com/gantry-project/gantry/testutil/faketime"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// inNode runs a test under fake time on a single node with an instance whose agent is not
// connected.
func inNode(t *testing.T, test func(t *testing.T, c *singlenode.Node, instance string)) {
	t.Helper()
	faketime.Test(t, func(t *testing.T) {
		c := singlenode.New(t)
		define(t, c.Control, "web")
		test(t, c, addInstance(t, c.Control).ID)
	})
}

// next gives the frame that is there or comes within a moment.
func next(t *testing.T, s *control.AssignmentStream) structs.AssignmentFrame {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	frame, err := s.Next(ctx)
	noError(t, err)
	return frame
}

// silent wants the stream to say nothing.
func silent(t *testing.T, s *control.AssignmentStream) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if frame, err := s.Next(ctx); err == nil {
		t.Fatalf("the stream says %+v", frame)
	}
}

func tasksOf(frame structs.AssignmentFrame) []string {
	var list []string
	for _, a := range frame.Assignments {
		list = append(list, a.Task.ID)
	}
	slices.Sort(list)
	return list
}

// expectFrame wants a frame with these tasks.
func expectFrame(t *testing.T, frame structs.AssignmentFrame, full bool, tasks ...string) {
	t.Helper()
	slices.Sort(tasks)
	if frame.Full != full || frame.Index == 0 || !slices.Equal(tasksOf(frame), tasks) {
		t.Fatalf("the frame is full: %v, of index %d, with tasks %v; not full: %v, %v", frame.Full, frame.Index, tasksOf(frame), full, tasks)
	}
}

func report(t *testing.T, c *control.Control, instance, task string, status structs.TaskStatus) {
	t.Helper()
	noError(t, c.ReportTasks(t.Context(), instance, 0, []structs.TaskUpdate{{Task: task, Status: status}}))
}

func TestStreamOfUnknownInstance(t *testing.T) {
	c := singlenode.New(t)
	_, err := c.Control.Assignments(t.Context(), "0123", 0)
	expectError(t, err, structs.KindResourceNotFound, "0123")
}

func TestStreamTellsWhatIsNew(t *testing.T) {
	inNode(t, func(t *testing.T, c *singlenode.Node, instance string) {
		s := openStream(t, c.Control, instance)
		expectFrame(t, next(t, s), true) // even when there is nothing
		silent(t, s)

		in := job(2, func(in *control.RunTaskInput) {
			in.Job.Overrides = &structs.TaskOverride{ContainerOverrides: []structs.ContainerOverride{{Name: "app", Command: []string{"serve"}}}}
		})
		tasks := ids(run(t, c.Control, in))
		frame := next(t, s)
		expectFrame(t, frame, false, tasks...)
		a := frame.Assignments[0]
		if a.Definition.Key() != "web:1" || a.Overrides.ContainerOverrides[0].Command[0] != "serve" || a.Task.DesiredStatus != structs.TaskRunning {
			t.Errorf("the assignment is %+v", a)
		}

		// What the agent says itself does not come back to it.
		for _, status := range []structs.TaskStatus{structs.TaskPending, structs.TaskActivating, structs.TaskRunning} {
			report(t, c.Control, instance, tasks[0], status)
		}
		silent(t, s)

		// Nor is it told of what runs elsewhere.
		other := addInstance(t, c.Control)
		elsewhere := openStream(t, c.Control, other.ID)
		defer elsewhere.Close()
		expectFrame(t, next(t, elsewhere), true)
		run(t, c.Control, job(1, func(in *control.RunTaskInput) { in.Job.Instances = []string{other.ID} }))
		silent(t, s)

		// The wish to stop a task is told once.
		for range 2 {
			_, err := c.Control.StopTask(t.Context(), structs.DefaultCluster, tasks[0], "")
			noError(t, err)
		}
		frame = next(t, s)
		expectFrame(t, frame, false, tasks[0])
		if frame.Assignments[0].Task.DesiredStatus != structs.TaskStopped {
			t.Errorf("the task is to be %v", frame.Assignments[0].Task.DesiredStatus)
		}
		for _, status := range []structs.TaskStatus{structs.TaskStopping, structs.TaskStopped} {
			report(t, c.Control, instance, tasks[0], status)
		}
		silent(t, s)

		// The next stream begins with what is left.
		s.Close()
		s = openStream(t, c.Control, instance)
		defer s.Close()
		expectFrame(t, next(t, s), true, tasks[1])
	})
}

// The cluster may end a task without its agent: when an instance is deregistered whose agent it
// believes gone. An agent that listens all the same must hear of it, or the container would outlive
// its task.
func TestStreamTellsOfTasksThatEndedWithoutTheAgent(t *testing.T) {
	inNode(t, func(t *testing.T, c *singlenode.Node, instance string) {
		s := openStream(t, c.Control, instance)
		defer s.Close()
		expectFrame(t, next(t, s), true)
		tasks := ids(run(t, c.Control, job(2)))
		expectFrame(t, next(t, s), false, tasks...)
		_, err := c.Apply(t.Context(), structs.SetAgentConnected{Instances: []string{instance}})
		noError(t, err)
		_, err = c.Control.DeregisterInstance(t.Context(), structs.DefaultCluster, instance, true)
		noError(t, err)
		frame := next(t, s)
		expectFrame(t, frame, false, tasks...)
		for _, a := range frame.Assignments {
			if a.Task.LastStatus != structs.TaskStopped || a.Task.DesiredStatus != structs.TaskStopped {
				t.Errorf("the agent is told of %+v", a.Task)
			}
		}
		silent(t, s)
	})
}

// TestStreamTellsOnceThatTheInstanceWasDeregistered, an open one at once and a new one with its
// first frame, also where the agent came back since: nobody connects an instance that is none any
// more.
func TestStreamTellsOnceThatTheInstanceWasDeregistered(t *testing.T) {
	inNode(t, func(t *testing.T, c *singlenode.Node, instance string) {
		s := openStream(t, c.Control, instance)
		defer s.Close()
		if next(t, s).Deregistered {
			t.Error("told of an instance that is ACTIVE")
		}
		_, err := c.Control.DeregisterInstance(t.Context(), structs.DefaultCluster, instance, true)
		noError(t, err)
		if frame := next(t, s); !frame.Deregistered || frame.Full {
			t.Errorf("told %+v", frame)
		}
		silent(t, s)
		again := openStream(t, c.Control, instance)
		defer again.Close()
		_, err = c.Apply(t.Context(), structs.SetAgentConnected{Instances: []string{instance}})
		noError(t, err)
		if frame := next(t, again); !frame.Deregistered || !frame.Full {
			t.Errorf("a new stream tells %+v", frame)
		}
		silent(t, again)
	})
}

// replaceState puts a copy of the state in its place, as a snapshot from another server would.
func replaceState(t *testing.T, c *singlenode.Node) {
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
	noError(t, machine.Restore(content))
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

// An instance counts as connected from its stream's first beat on, and a registration changes
// nothing about that: an agent that starts again within its lease has lost nothing. (When it ends
// is the leases' matter: server/liveness.)
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

// A stream opens once the server knows the registration that its agent was answered, and the leader
// that it is there.
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

// Tasks come and go while an agent listens. In the end it has been told of all of them, and of the
// stop of each that was stopped.
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

// After a restored snapshot an agent is to register again: one whose registration is newer than the
// state's, and one that the state does not know at all.
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

// TestLogModeOfTheAccount: an assignment has the mode that is set when it is sent.
func TestLogModeOfTheAccount(t *testing.T) {
	inNode(t, func(t *testing.T, c *singlenode.Node, instance string) {
		s := openStream(t, c.Control, instance)
		defer s.Close()
		run(t, c.Control, job(1))
		first := next(t, s)
		noError(t, c.Control.PutAccountSetting(t.Context(), structs.AccountSetting{
			Principal: structs.PrincipalRoot, Name: structs.SettingDefaultLogDriverMode, Value: "blocking",
		}))
		run(t, c.Control, job(1))
		second := next(t, s)
		if a, b := first.Assignments[0].LogMode, second.Assignments[0].LogMode; a != "non-blocking" || b != "blocking" {
			t.Errorf("modes %q and then %q", a, b)
		}
	})
}
