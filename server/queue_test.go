package server_test

import (
	"slices"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// TestQueueAcrossLeaders: ten times as many tasks are asked for as there is room for. All of them run, in the order in which they were
// asked for, though the server crashes again and again, before and after it has called the next.
func TestQueueAcrossLeaders(t *testing.T) {
	inCluster(t, func(t *testing.T, c *testutil.Cluster) {
		const room, rounds = 6, 10
		register(t, c.Control()) // 64 MiB a task
		instance := must[*structs.ContainerInstance](t)(c.Control().RegisterInstance(t.Context(), structs.ContainerInstance{
			Cluster: structs.DefaultCluster, Name: "host", Registered: structs.Resources{CPU: 4096, Memory: 64 * room},
		}))
		open := func() func() {
			stream := must[*control.AssignmentStream](t)(c.Control().Assignments(t.Context(), instance.ID, 0))
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
				t.Fatalf("in round %d others were placed than those that waited longest", round)
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
			must[struct{}](t)(struct{}{}, c.Control().ReportTasks(t.Context(), instance.ID, ends))
			if round%3 == 2 {
				c.CrashServer() // before it has placed those that it called, or in the midst of it
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
