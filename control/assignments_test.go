package control_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
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

// next returns the frame that is there or comes within a moment.
func next(t *testing.T, s *control.AssignmentStream) structs.AssignmentFrame {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	frame, err := s.Next(ctx)
	noError(t, err)
	return frame
}

// silent expects no frame from the stream.
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

// expectFrame expects a frame with these tasks.
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

		// The agent's own reports do not come back to it.
		for _, status := range []structs.TaskStatus{structs.TaskPending, structs.TaskActivating, structs.TaskRunning} {
			report(t, c.Control, instance, tasks[0], status)
		}
		silent(t, s)

		// Nor does it hear of tasks elsewhere.
		other := addInstance(t, c.Control)
		elsewhere := openStream(t, c.Control, other.ID)
		defer elsewhere.Close()
		expectFrame(t, next(t, elsewhere), true)
		run(t, c.Control, job(1, func(in *control.RunTaskInput) { in.Job.Instances = []string{other.ID} }))
		silent(t, s)

		// The request to stop a task is sent once.
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

// An assignment has the mappings of the file systems that its definition names, as they are when
// the task is placed.
func TestAssignmentsHaveVolumeMappings(t *testing.T) {
	inNode(t, func(t *testing.T, c *singlenode.Node, instance string) {
		s := openStream(t, c.Control, instance)
		defer s.Close()
		expectFrame(t, next(t, s), true)
		app := container("app", func(d *structs.ContainerDefinition) {
			d.MountPoints = []structs.MountPoint{{SourceVolume: "a", ContainerPath: "/a"}, {SourceVolume: "b", ContainerPath: "/b"}}
		})
		efs := func(name, id string) structs.Volume {
			return structs.Volume{Name: name, EfsVolumeConfiguration: &structs.EFSVolumeConfiguration{FileSystemId: id}}
		}
		_, err := c.Control.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
			Family: "web", ContainerDefinitions: []structs.ContainerDefinition{app}, Volumes: []structs.Volume{efs("a", "fs-1"), efs("b", "fs-2")},
		}, nil)
		noError(t, err)
		for _, dir := range []string{"/old", "/new"} {
			for _, id := range []string{"fs-1", "fs-3"} {
				_, err := c.Control.MapVolume(t.Context(), structs.VolumeMapping{ID: id, HostPath: dir})
				noError(t, err)
			}
			run(t, c.Control, job(1))
			if m := next(t, s).Assignments[0].Mappings; len(m) != 1 || m["fs-1"].HostPath != dir {
				t.Errorf("mappings %+v, want fs-1 at %s", m, dir)
			}
		}
	})
}

// The cluster may end a task without its agent: when an instance is deregistered whose agent it
// believes gone. An agent that is listening after all must hear of it, or the container would
// outlive its task.
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

// TestStreamTellsOnceThatTheInstanceWasDeregistered checks that an open stream says so at once and
// a new one in its first frame, even if the agent came back since: nothing connects an instance
// that no longer exists.
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

// TestLogModeOfTheAccount checks that an assignment has the mode that is set when it is sent.
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
