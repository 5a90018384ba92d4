package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// reportTargets merges what ingress instances saw. Reports may arrive twice, late, and about
// targets that are gone.
func reportTargets(tx *state.Tx, index uint64, cmd structs.ReportTargets) (string, error) {
	for n := range cmd.Reports {
		s := &cmd.Reports[n]
		r := &s.Report
		seen := structs.TargetSeen{Instance: s.Instance, State: r.State, Reason: r.Reason, Description: r.Description, At: cmd.At}
		if r.Task == "" {
			seeTarget(tx, r, seen, s.Checkers)
			continue
		}
		if old := tx.Task(r.Task); old != nil && old.Holds() && old.DesiredStatus != structs.TaskStopped {
			seeTask(tx, index, old, r, seen, s.Checkers)
		}
	}
	return "", nil
}

func seeTarget(tx *state.Tx, r *structs.TargetReport, seen structs.TargetSeen, checkers []string) {
	old := tx.Target(r.TargetGroup, r.Target, r.Port)
	if old == nil || old.DrainUntil != 0 {
		return
	}
	t := *old
	if t.Health.See(seen, checkers) {
		tx.PutTarget(&t)
	}
}

// seeTask merges a report on a task, and has its service evaluated when a verdict changes.
func seeTask(tx *state.Tx, index uint64, old *structs.Task, r *structs.TargetReport, seen structs.TargetSeen, checkers []string) {
	t, changed, turned := *old, false, false
	t.Targets = slices.Clone(old.Targets)
	for n := range t.Targets {
		as := &t.Targets[n]
		if as.TargetGroup != r.TargetGroup || as.Port != r.Port {
			continue
		}
		was := as.Health.State
		changed = as.Health.See(seen, checkers) || changed
		turned = turned || as.Health.State != was
	}
	if !changed {
		return
	}
	healthy := noteHealth(old, &t, tx.TaskDefinition(t.TaskDefinition), seen.At)
	t.Version++
	tx.PutTask(&t)
	if turned || healthy {
		wake(tx, index, seen.At, t.Job, structs.BecauseTaskChanged)
	}
}

// setDrained ends the wait of tasks for their open requests, and removes deregistered targets.
func setDrained(tx *state.Tx, _ uint64, cmd structs.SetDrained) (string, error) {
	for _, id := range cmd.Tasks {
		if old := tx.Task(id); old != nil && old.Drains() {
			t := *old
			t.DrainedAt = cmd.At
			t.Version++
			tx.PutTask(&t)
		}
	}
	for _, k := range cmd.Targets {
		if t := tx.Target(k.TargetGroup, k.Target, k.Port); t != nil && t.DrainUntil != 0 {
			tx.RemoveTarget(t)
		}
	}
	return "", nil
}
