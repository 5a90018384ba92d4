package fsm

import (
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// targetScene returns a store with a service whose task "t" is a target of two groups.
func targetScene(t *testing.T) *state.Store {
	t.Helper()
	s := state.New()
	change(t, s, func(tx *state.Tx) error {
		tx.PutJob(&structs.Job{ID: "0123456789abcdef0123456789abcdef", Cluster: "default", Name: "web", Type: structs.JobService, Status: structs.ServiceActive})
		tx.PutTask(&structs.Task{
			ID: "t", Job: "0123456789abcdef0123456789abcdef", Instance: "i", LastStatus: structs.TaskRunning, DesiredStatus: structs.TaskRunning, Version: 1,
			Targets: []structs.TaskTarget{{TargetGroup: "g", Port: 80}, {TargetGroup: "h", Port: 80}},
		})
		return nil
	})
	return s
}

func change(t *testing.T, s *state.Store, fn func(*state.Tx) error) {
	t.Helper()
	if err := s.Update(s.Snapshot().Index()+1, fn); err != nil {
		t.Fatal(err)
	}
}

// TestAVerdictWakesTheService of the task, once: reports that turn nothing do not.
func TestAVerdictWakesTheService(t *testing.T) {
	s := targetScene(t)
	see := func(group, seen string) (evaluations int) {
		change(t, s, func(tx *state.Tx) error {
			_, err := reportTargets(tx, tx.Index(), structs.ReportTargets{At: 5, Reports: []structs.TargetSighting{{
				Instance: "i", Checkers: []string{"i"}, Report: structs.TargetReport{TargetGroup: group, Port: 80, Task: "t", State: seen},
			}}})
			return err
		})
		for range s.Snapshot().Evaluations() {
			evaluations++
		}
		return evaluations
	}
	if n := see("g", structs.TargetHealthy); n != 1 {
		t.Errorf("%d evaluations after the first verdict", n)
	}
	row := s.Snapshot().Task("t")
	if row.Targets[0].Health.State != structs.TargetHealthy || row.Targets[0].Health.Since != 5 || row.Targets[1].Health.State != "" || row.Version != 2 {
		t.Errorf("the task is %+v", row)
	}
	if n := see("g", structs.TargetHealthy); n != 1 || s.Snapshot().Task("t") != row {
		t.Errorf("a report that changes nothing wrote %+v, with %d evaluations", s.Snapshot().Task("t"), n)
	}
	if n := see("none", structs.TargetHealthy); n != 1 || s.Snapshot().Task("t") != row {
		t.Error("a report on another group changed the task")
	}
}

// TestOnlyWhatDrainsIsDrained: a task that nobody asked to stop, one that has ended and one that is
// no target stay as they are, and so does the first time of a task.
func TestOnlyWhatDrainsIsDrained(t *testing.T) {
	s := targetScene(t)
	drain := func(at structs.Time) *structs.Task {
		change(t, s, func(tx *state.Tx) error {
			_, err := setDrained(tx, tx.Index(), structs.SetDrained{
				Tasks: []string{"t", "gone"}, At: at, Targets: []structs.DrainedTarget{{TargetGroup: "g", Target: "192.0.2.7", Port: 80}},
			})
			return err
		})
		return s.Snapshot().Task("t")
	}
	change(t, s, func(tx *state.Tx) error {
		tx.PutTarget(&structs.Target{TargetGroup: "g", Target: "192.0.2.7", Port: 80})
		return nil
	})
	if row := drain(7); row.DrainedAt != 0 || s.Snapshot().Target("g", "192.0.2.7", 80) == nil {
		t.Errorf("nothing drains, but the task is %+v", row)
	}
	change(t, s, func(tx *state.Tx) error {
		row := *tx.Task("t")
		row.DesiredStatus = structs.TaskStopped
		tx.PutTask(&row)
		tx.PutTarget(&structs.Target{TargetGroup: "g", Target: "192.0.2.7", Port: 80, DrainUntil: 9})
		return nil
	})
	if row := drain(8); row.DrainedAt != 8 || s.Snapshot().Target("g", "192.0.2.7", 80) != nil {
		t.Errorf("the task is %+v", row)
	}
	if row := drain(9); row.DrainedAt != 8 {
		t.Errorf("drained again: %+v", row)
	}
}
