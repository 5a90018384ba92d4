package server_test

import (
	"slices"
	"testing"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// There is room for one in ten of the tasks that are asked for. All of them run, in the order in
// which they were asked for, though the server crashes again and again, before and after it has
// called the next ones.
func TestQueueAcrossLeaders(t *testing.T) {
	inCluster(t, func(t *testing.T, c *testutil.Cluster) {
		const room, rounds = 6, 10
		register(t, c.Control()) // 64 MiB a task
		instance := must[*structs.ContainerInstance](t)(c.Control().RegisterInstance(t.Context(), structs.ContainerInstance{
			Cluster: structs.DefaultCluster, Name: "host", Registered: structs.Resources{CPU: 4096, Memory: 64 * room},
		}))
		associateFargate(t, c.Control())
		open := func() func() {
			stream := openStream(t, c, instance.ID)
			return stream.Close
		}
		closeStream := open()
		var asked []string
		for range room * rounds {
			in := webJob("", 1)
			in.Job.CapacityStrategy = []structs.CapacityProviderStrategyItem{{CapacityProvider: "FARGATE"}}
			asked = append(asked, run(t, c, in)...)
		}
		placed := func() (list []string) {
			snap := read(t, c)
			for _, id := range asked {
				if snap.Task(id).Instance != "" {
					list = append(list, id)
				}
			}
			return list
		}
		for round := range rounds {
			want := (round + 1) * room
			c.Eventually("the room is taken", func() bool { return len(placed()) == want })
			if got := placed(); !slices.Equal(got, asked[:want]) {
				t.Fatalf("in round %d, the tasks that waited longest were not placed", round)
			}
			if round%3 == 1 {
				closeStream()
				c.CrashServer()
				c.StartServer()
				closeStream = open()
			}
			var ends []structs.TaskUpdate
			for _, id := range asked[round*room : want] {
				ends = append(ends, structs.TaskUpdate{Task: id, Status: structs.TaskStopped})
			}
			must[struct{}](t)(struct{}{}, c.Control().ReportTasks(t.Context(), instance.ID, 0, ends))
			if round%3 == 2 {
				c.CrashServer() // before it has placed the tasks that it called, or while it does
				c.StartServer()
				closeStream()
				closeStream = open()
			}
		}
		closeStream()
		for e := range read(t, c).Evaluations() {
			if e.Status != structs.EvaluationDone {
				t.Errorf("evaluation %s is %s with all tasks ended", e.ID, e.Status)
			}
		}
	})
}

// An important job that finds no room has a less important task stopped, and gets the room, though
// others have waited longer.
func TestPreemption(t *testing.T) {
	inCluster(t, func(t *testing.T, c *testutil.Cluster) {
		definition := register(t, c.Control()) // 64 MiB a task
		instance := must[*structs.ContainerInstance](t)(c.Control().RegisterInstance(t.Context(), structs.ContainerInstance{
			Cluster: structs.DefaultCluster, Name: "host", Registered: structs.Resources{CPU: 4096, Memory: 128},
		}))
		associateFargate(t, c.Control())
		stream := openStream(t, c, instance.ID)
		defer stream.Close()
		in := webJob("", 4)
		in.Job.CapacityStrategy = []structs.CapacityProviderStrategyItem{{CapacityProvider: "FARGATE"}}
		ordinary := run(t, c, in) // two run and two wait
		must[structs.Applied](t)(c.Server().Write(t.Context(), structs.CreateJob{
			Job: structs.Job{
				ID: "urgent", Cluster: structs.DefaultCluster, Type: structs.JobBatch, TaskDefinition: definition.Key(), Count: 1,
				Batch: &structs.BatchSpec{Attempts: 1}, Priority: 60, Preemption: true,
			},
			Evaluation: structs.Evaluation{ID: "0a", Status: structs.EvaluationReady},
		}))
		var victim string
		c.Eventually("a task makes way", func() bool {
			for _, id := range ordinary {
				if task := read(t, c).Task(id); task.DesiredStatus == structs.TaskStopped {
					victim = id
				}
			}
			return victim != ""
		})
		if task := read(t, c).Task(victim); task.StopCode != structs.StopPreempted ||
			task.StoppedReason != "Preempted: job urgent of higher priority takes its place" {
			t.Errorf("it says %s, %q", task.StopCode, task.StoppedReason)
		}
		end := []structs.TaskUpdate{{Task: victim, Status: structs.TaskStopped}}
		must[struct{}](t)(struct{}{}, c.Control().ReportTasks(t.Context(), instance.ID, 0, end))
		c.Eventually("the important job has its room", func() bool {
			for range read(t, c).JobTasks("urgent") {
				return true
			}
			return false
		})
		stopped, waiting := 0, 0
		for _, id := range ordinary {
			switch task := read(t, c).Task(id); {
			case task.DesiredStatus == structs.TaskStopped:
				stopped++
			case task.Queued():
				waiting++
			}
		}
		if stopped != 1 || waiting != 2 {
			t.Errorf("%d tasks made way and %d wait, want one and two", stopped, waiting)
		}
	})
}
