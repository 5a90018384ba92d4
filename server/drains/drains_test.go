package drains

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// scene is a leader's drains at work on a state with two ingress instances and the task "t", a
// target of a group with a delay of ten seconds.
type scene struct {
	*singlenode.Node
	t       *testing.T
	now     *Drains
	applied atomic.Int32
	fails   atomic.Bool
	end     func()
}

func inScene(t *testing.T, test func(*scene)) {
	faketime.Test(t, func(t *testing.T) {
		s := &scene{Node: singlenode.New(t), t: t}
		s.change(func(tx *state.Tx) {
			for _, id := range []string{"i1", "i2"} {
				tx.PutInstance(&structs.ContainerInstance{ID: id, Address: "10.0.0.1", AgentConnected: true, Ingress: true, Status: structs.InstanceActive})
			}
			tx.PutLoadBalancer(&structs.LoadBalancer{ID: "b"})
			tx.PutTargetGroup(&structs.TargetGroup{ID: "g", Attributes: []structs.TrafficAttribute{
				{Key: "deregistration_delay.timeout_seconds", Value: "10"},
			}})
			tx.PutListener(&structs.Listener{ID: "l", LoadBalancer: "b", DefaultActions: []structs.RuleAction{{
				Type: structs.ActionForward, Forward: &structs.ForwardAction{Groups: []structs.WeightedGroup{{TargetGroup: "g", Weight: 1}}},
			}}})
			tx.PutTask(&structs.Task{
				ID: "t", Instance: "i1", LastStatus: structs.TaskRunning, DesiredStatus: structs.TaskRunning,
				Targets: []structs.TaskTarget{{TargetGroup: "g", Port: 80}},
			})
		})
		s.lead()
		defer func() { s.end() }()
		test(s)
	})
}

func (s *scene) change(fn func(*state.Tx)) (index uint64) {
	s.t.Helper()
	index = s.Store.Snapshot().Index() + 1
	if err := s.Store.Update(index, func(tx *state.Tx) error { fn(tx); return nil }); err != nil {
		s.t.Fatal(err)
	}
	return index
}

// lead makes this server a new leader, which knows only state.
func (s *scene) lead() {
	if s.end != nil {
		s.end()
	}
	s.now = New(Config{
		Snapshot: s.Store.Snapshot, Subscribe: s.Store.Subscribe, Logger: slog.New(slog.DiscardHandler),
		Now: func() structs.Time { return structs.TimeOf(time.Now()) },
		Apply: func(ctx context.Context, cmd structs.Command) (structs.Applied, error) {
			if s.applied.Add(1); s.fails.Load() {
				return structs.Applied{}, errors.New("no leader")
			}
			drained := cmd.(structs.SetDrained)
			s.change(func(tx *state.Tx) {
				for _, id := range drained.Tasks {
					row := *tx.Task(id)
					row.DrainedAt = drained.At
					tx.PutTask(&row)
				}
				for _, k := range drained.Targets {
					tx.RemoveTarget(tx.Target(k.TargetGroup, k.Target, k.Port))
				}
			})
			return structs.Applied{}, nil
		},
	})
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan error)
	go func() { ended <- s.now.Run(ctx) }()
	s.end = func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
	}
	synctest.Wait()
}

// stop asks the task to stop, and returns the index of that change.
func (s *scene) stop() uint64 {
	return s.change(func(tx *state.Tx) {
		row := *tx.Task("t")
		row.DesiredStatus, row.StoppingAt = structs.TaskStopped, structs.TimeOf(time.Now())
		tx.PutTask(&row)
	})
}

// report is a report of an instance.
func (s *scene) report(instance string, index uint64, open ...string) {
	s.now.Report(instance, structs.DrainReport{Index: index, Open: open})
}

// expect waits a moment, and expects that the task is drained, or not.
func (s *scene) expect(drained bool, when string) {
	s.t.Helper()
	time.Sleep(50 * time.Millisecond)
	synctest.Wait()
	if got := s.Store.Snapshot().Task("t").DrainedAt != 0; got != drained {
		s.t.Errorf("%s: drained is %v", when, got)
	}
}

// TestATaskWaitsForItsRequests: until every ingress instance says, of a state in which the task is
// draining, that none is open.
func TestATaskWaitsForItsRequests(t *testing.T) {
	inScene(t, func(s *scene) {
		s.report("i1", s.Store.Snapshot().Index())
		s.report("i2", s.Store.Snapshot().Index())
		s.expect(false, "nobody asked it to stop")
		index := s.stop()
		s.expect(false, "the reports are of before")
		s.report("i1", index)
		s.report("i2", index, "t")
		s.expect(false, "a request is open at i2")
		s.report("i2", index-1) // it was late
		s.expect(false, "a late report says that none is")
		s.report("i2", index+5)
		s.expect(true, "none is open any more")
		if s.applied.Load() != 1 {
			t.Errorf("%d entries of the log", s.applied.Load())
		}
	})
}

// TestTheDelayEndsTheWait, and an ingress instance that is lost does too.
func TestTheDelayEndsTheWait(t *testing.T) {
	inScene(t, func(s *scene) {
		index := s.stop()
		s.report("i1", index)
		time.Sleep(9 * time.Second)
		s.report("i2", index, "t")
		s.expect(false, "after nine seconds")
		s.fails.Store(true)
		time.Sleep(time.Second)
		s.expect(false, "nothing can be written")
		s.fails.Store(false)
		time.Sleep(again)
		s.expect(true, "after ten seconds")
	})
	inScene(t, func(s *scene) {
		s.report("i1", s.stop())
		s.expect(false, "i2 has not said anything")
		s.change(func(tx *state.Tx) {
			row := *tx.Instance("i2")
			row.AgentConnected = false
			tx.PutInstance(&row)
		})
		s.expect(true, "i2 is lost")
	})
}

// TestNobodyServes: where no requests can come from, there is nothing to wait for.
func TestNobodyServes(t *testing.T) {
	for name, change := range map[string]func(*state.Tx){
		"no ingress instance": func(tx *state.Tx) {
			for _, id := range []string{"i1", "i2"} {
				row := *tx.Instance(id)
				row.Ingress = false
				tx.PutInstance(&row)
			}
		},
		"no listener": func(tx *state.Tx) { tx.RemoveListener(tx.Listener("l")) },
	} {
		inScene(t, func(s *scene) {
			s.change(change)
			s.stop()
			s.expect(true, name)
		})
	}
}

// TestANewLeaderForgetsNobody: it knows which tasks drain and until when, and learns anew what is
// open. What it hears about states before its own does not count.
func TestANewLeaderForgetsNobody(t *testing.T) {
	inScene(t, func(s *scene) {
		index := s.stop()
		s.report("i1", index)
		s.report("i2", index, "t")
		s.expect(false, "a request is open")
		leads := s.change(func(tx *state.Tx) { tx.PutTags("tags", []structs.Tag{{Key: "k"}}) })
		s.lead()
		s.expect(false, "the new leader has heard nobody")
		s.report("i1", index)
		s.report("i2", index)
		s.expect(false, "the reports are older than its state")
		s.report("i1", leads)
		s.report("i2", leads)
		s.expect(true, "none is open")
	})
	inScene(t, func(s *scene) {
		s.stop()
		time.Sleep(7 * time.Second)
		s.lead()
		time.Sleep(2 * time.Second)
		s.expect(false, "after nine seconds")
		time.Sleep(time.Second)
		s.expect(true, "after ten seconds")
	})
}

// TestTargetsOfUsersGo once their requests have ended.
func TestTargetsOfUsersGo(t *testing.T) {
	inScene(t, func(s *scene) {
		row := &structs.Target{TargetGroup: "g", Target: "192.0.2.7", Port: 80, DrainUntil: structs.TimeOf(time.Now().Add(time.Minute))}
		index := s.change(func(tx *state.Tx) { tx.PutTarget(row) })
		there := func() bool {
			time.Sleep(50 * time.Millisecond)
			synctest.Wait()
			return s.Store.Snapshot().Target("g", "192.0.2.7", 80) != nil
		}
		s.report("i1", index)
		s.report("i2", index, "g/192.0.2.7:80")
		if !there() {
			t.Error("it went with an open request")
		}
		s.report("i2", index)
		if there() {
			t.Error("it is still there")
		}
	})
}

// TestTheLastTaskWaitsForAnother: while no other target is healthy it gets requests, so that none
// is open at the moment says nothing; reports count from when another one can take them.
func TestTheLastTaskWaitsForAnother(t *testing.T) {
	inScene(t, func(s *scene) {
		s.change(func(tx *state.Tx) {
			tx.PutJob(&structs.Job{ID: "j", Name: "web", Type: structs.JobService, Status: structs.ServiceActive, Count: 1, Service: &structs.ServiceSpec{
				Update: structs.UpdatePolicy{MaximumPercent: 200}, LoadBalancers: []structs.ServiceLoadBalancer{{TargetGroup: "g"}},
			}})
			tx.PutDeployment(&structs.Deployment{ID: "d", Job: "j", Status: structs.DeploymentPrimary})
			row := *tx.Task("t")
			row.Job, row.Targets[0].Health.State = "j", structs.TargetHealthy
			tx.PutTask(&row)
		})
		index := s.stop()
		s.report("i1", index)
		s.report("i2", index)
		s.expect(false, "nobody else can answer")
		next := s.change(func(tx *state.Tx) {
			tx.PutTask(&structs.Task{
				ID: "next", Job: "j", Instance: "i1", LastStatus: structs.TaskRunning, DesiredStatus: structs.TaskRunning,
				Targets: []structs.TaskTarget{{TargetGroup: "g", Port: 81, Health: structs.TargetHealth{State: structs.TargetHealthy}}},
			})
		})
		s.expect(false, "the reports are of before")
		s.report("i1", next)
		s.report("i2", next)
		s.expect(true, "another one answers")
	})
}
