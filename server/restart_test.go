package server_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/server"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// fill creates one of everything, and returns the tasks that ran with the client token "known".
func fill(t *testing.T, c *testutil.Cluster) []string {
	t.Helper()
	ctx, verbs := t.Context(), c.Control()
	tags := []structs.Tag{{Key: "owner", Value: "me"}}
	must[*structs.Cluster](t)(verbs.CreateCluster(ctx, structs.Cluster{Name: "other"}, tags))
	definition := register(t, c.Control(), structs.Tag{Key: "team", Value: "blue"})
	instance, stream := connect(t, c)
	defer stream.Close()
	tasks := run(t, c, webJob("known", 3))
	err := verbs.ReportTasks(ctx, instance.ID, 0, []structs.TaskUpdate{
		{
			Task: tasks[0], Status: structs.TaskRunning,
			Containers: []structs.Container{{Name: "app", LastStatus: structs.TaskRunning}},
		},
		{Task: tasks[1], Status: structs.TaskStopped, StopCode: structs.StopEssentialContainerExited},
	})
	if err != nil {
		t.Fatal(err)
	}
	must[*structs.Task](t)(verbs.StopTask(ctx, structs.DefaultCluster, tasks[0], "enough"))
	stage := []structs.Tag{{Key: "stage", Value: "test"}}
	if err := verbs.Tag(ctx, "task-definition/"+definition.Key(), stage); err != nil {
		t.Fatal(err)
	}
	return tasks
}

func TestAcknowledgedSurvivesRestart(t *testing.T) {
	inCluster(t, func(t *testing.T, c *testutil.Cluster) {
		tasks := fill(t, c)
		before := dump(t, c)
		c.StopServer()
		c.StartServer()
		if diff := cmp.Diff(before, dump(t, c)); diff != "" {
			t.Errorf("state changed over the restart (-before +after):\n%s", diff)
		}
		if again := run(t, c, webJob("known", 3)); !slices.Equal(again, tasks) {
			t.Errorf("the client token gave tasks %v, not %v", again, tasks)
		}
	})
}

// A crash between the entry that creates a job and the plan for it loses nothing.
func TestEvaluationOutlivesCrash(t *testing.T) {
	inCluster(t, func(t *testing.T, c *testutil.Cluster) {
		register(t, c.Control())
		c.Server().EndLeaderWork()
		job := structs.Job{
			ID: "0a", Type: structs.JobBatch, Cluster: structs.DefaultCluster, TaskDefinition: "web:1", Count: 1,
			ClientToken: "lost", RequestHash: "same",
		}
		eval := structs.Evaluation{ID: "0b", Job: job.ID, Cluster: job.Cluster, Status: structs.EvaluationReady}
		for _, cmd := range []structs.Command{
			structs.RegisterInstance{Instance: structs.ContainerInstance{ID: "0c", Cluster: job.Cluster}},
			structs.CreateJob{Job: job, Evaluation: eval},
		} {
			must[structs.Applied](t)(c.Server().Write(t.Context(), cmd))
		}
		if got := c.Server().State().Evaluation(eval.ID); got.Status != structs.EvaluationReady {
			t.Fatalf("the evaluation is %s before the crash", got.Status)
		}
		c.CrashServer()

		c.StartServer()
		c.Eventually("the evaluation is decided", func() bool {
			return read(t, c).Evaluation(eval.ID).Status == structs.EvaluationDone
		})
		again := must[control.Placed](t)(c.Control().RunTask(t.Context(), webJob("lost", 1)))
		// no agent has come back yet
		if len(again.Failures) != 1 || again.Failures[0].Reason != structs.FailAgent {
			t.Errorf("the caller who asks again gets %+v", again)
		}
	})
}

func TestSnapshotAndShortenedLog(t *testing.T) {
	inCluster(t, func(t *testing.T, c *testutil.Cluster) {
		fill(t, c)
		snapshot(t, c.Server(), 4)
		register(t, c.Control()) // goes to the log behind the snapshot
		before := dump(t, c)
		c.CrashServer()
		c.StartServer()
		if diff := cmp.Diff(before, dump(t, c)); diff != "" {
			t.Errorf("state changed over the restart (-before +after):\n%s", diff)
		}
		if key := register(t, c.Control()).Key(); key != "web:3" {
			t.Errorf("the next revision is %s, not web:3", key)
		}
	})
}

// snapshot makes raft write a snapshot and keep only so many entries of the log before it.
func snapshot(t *testing.T, s *server.Server, trailing uint64) {
	t.Helper()
	config := s.Raft().ReloadableConfig()
	config.TrailingLogs = trailing
	if err := s.Raft().ReloadConfig(config); err != nil {
		t.Fatal(err)
	}
	if err := s.Raft().Snapshot().Error(); err != nil {
		t.Fatal(err)
	}
	if first := s.FirstIndex(); first < 2 {
		t.Fatalf("the log still begins at entry %d", first)
	}
}
