package server_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

func TestReadyOnceItLeads(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		c := testutil.NewCluster(t)
		if err := c.TryStartServer(); err != nil {
			t.Fatal(err)
		}
		if err := c.Server().Ready(); err == nil || !strings.Contains(err.Error(), "no leader yet") {
			t.Errorf("a server that has just started says %v", err)
		}
		read(t, c) // waits for the leader
		if err := c.Server().Ready(); err != nil {
			t.Errorf("a server that answers says %v", err)
		}
		c.Server().EndLeaderWork()
		if err := c.Server().Ready(); err == nil {
			t.Error("a server that does not lead says that it is ready")
		}
		start := time.Now()
		_, err := c.Control().Read(t.Context())
		if structs.KindOf(err) != structs.KindUnavailable || time.Since(start) > 5*time.Second {
			t.Errorf("without a leader, a read gives %v after %v", err, time.Since(start))
		}
	})
}

// When a part of the leader's work fails, as the planner does when the fate of a plan is unknown,
// all of the work is started again: what waits is decided, and agents whose streams are open stay
// connected.
func TestLeadsAnew(t *testing.T) {
	inCluster(t, func(t *testing.T, c *testutil.Cluster) {
		register(t, c.Control())
		instance, stream := connect(t, c)
		defer stream.Close()
		eval := structs.Evaluation{ID: "0b", Job: "0a", Cluster: structs.DefaultCluster, Status: structs.EvaluationBlocked}
		must[structs.Applied](t)(c.Server().Write(t.Context(), structs.CreateJob{
			Job:        structs.Job{ID: "0a", Cluster: structs.DefaultCluster, Type: structs.JobBatch, TaskDefinition: "web:1", Count: 1},
			Evaluation: eval,
		}))
		before := c.Server().Leadership()
		c.Server().LoseTrackOfLog(t.Context(), read(t, c).Evaluation(eval.ID))
		c.Eventually("the leader's work is started again", func() bool {
			now := c.Server().Leadership()
			return now != nil && now != before
		})
		if !read(t, c).Instance(instance.ID).AgentConnected {
			t.Error("the instance counts as disconnected, and its agent has no reason to come back")
		}
		run(t, c, webJob("", 2))
	})
}

// An agent that does not come back to a new leader is lost when its lease ends, and not before. An
// agent that comes back has lost nothing.
func TestLeaseOfANewLeader(t *testing.T) {
	inCluster(t, func(t *testing.T, c *testutil.Cluster) {
		instance, stream := connect(t, c)
		c.CrashServer()
		stream.Close()
		c.StartServer()
		connected := func() bool { return read(t, c).Instance(instance.ID).AgentConnected }
		if !connected() {
			t.Error("the instance counts as disconnected before its agent could come back")
		}
		c.Eventually("the instance counts as disconnected", func() bool { return !connected() })
	})
}

// Raft does not answer writes that its shutdown interrupts. All writers must get an answer, and
// what was acknowledged must survive.
func TestStopAnswersWriters(t *testing.T) {
	inCluster(t, func(t *testing.T, c *testutil.Cluster) {
		var mu sync.Mutex
		var acknowledged []string
		some := make(chan struct{})
		var writers sync.WaitGroup
		verbs := c.Control()
		for n := range 50 {
			writers.Go(func() {
				for i := 0; ; i++ {
					name := fmt.Sprintf("cluster-%d-%d", n, i)
					if _, err := verbs.CreateCluster(context.Background(), structs.Cluster{Name: name}, nil); err != nil {
						if structs.KindOf(err) != structs.KindUnavailable {
							t.Errorf("a stopping server says %v", err)
						}
						return
					}
					mu.Lock()
					if acknowledged = append(acknowledged, name); len(acknowledged) == 100 {
						close(some)
					}
					mu.Unlock()
				}
			})
		}
		<-some
		c.CrashServer()
		writers.Wait()
		c.StartServer()
		snap := read(t, c)
		for _, name := range acknowledged {
			if snap.Cluster(name) == nil {
				t.Errorf("%s was acknowledged and is not there", name)
			}
		}
	})
}

func TestForgetsWhatEnded(t *testing.T) {
	inCluster(t, func(t *testing.T, c *testutil.Cluster) {
		register(t, c.Control())
		instance, stream := connect(t, c)
		defer stream.Close()
		tasks := run(t, c, webJob("", 2))
		end := []structs.TaskUpdate{{Task: tasks[0], Status: structs.TaskStopped}}
		if err := c.Control().ReportTasks(t.Context(), instance.ID, 0, end); err != nil {
			t.Fatal(err)
		}
		time.Sleep(59 * time.Minute)
		if read(t, c).Task(tasks[0]) == nil {
			t.Error("a stopped task is forgotten in less than an hour")
		}
		before := read(t, c).Index()
		time.Sleep(3 * time.Minute)
		if read(t, c).Task(tasks[0]) != nil || read(t, c).Task(tasks[1]) == nil {
			t.Error("after an hour, the stopped task is still there, or the other is not")
		}
		if written := read(t, c).Index() - before; written != 1 {
			t.Errorf("the collector wrote %d entries", written)
		}
	})
}
