package scheduler

import (
	"math"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// shifting says whether the primary is being brought up beside the revision that serves. Once it
// cleans up, it goes on as a rolling deployment does whose tasks are all there.
func (l *look) shifting() bool {
	d := l.primary
	return d.Stage != "" && d.Stage != structs.StageCleanUp && d.Rollout == structs.RolloutInProgress
}

// advance takes the deployment through its stages, as far as they go now. What it waits for wakes
// the service: a task that becomes healthy, an answer to a pause, or time.
func (s *service) advance() {
	if s.shifting() && s.primary.StageAt == 0 {
		s.begin()
	}
	for s.shifting() && s.stageDone() {
		s.enter(s.nextStage())
	}
}

// begin enters the first stage. Where there is nothing to stand beside, as with a new service,
// there are none.
func (s *service) begin() {
	switch {
	case s.fleet.old.size() == 0:
		s.primary.Stage = ""
		s.put(s.primary)
	case len(s.older) > 1:
		s.enter(structs.StageReconcileService)
	default:
		s.enter(structs.StagePreScaleUp)
	}
}

// stageDone says whether the next stage may begin. From its start on the new revision has to be
// there whole for each step.
func (s *service) stageDone() bool {
	d, policy := s.primary, s.shiftPolicy()
	if s.paused() {
		return false
	}
	if !s.scaledUp() {
		return true
	}
	if len(s.fleet.current.healthy) < s.count {
		return false
	}
	switch d.Stage {
	case structs.StageProductionShift:
		return d.Traffic.Production == 100 || s.passed(policy.StepBakeMinutes)
	case structs.StageBakeTime:
		return s.passed(policy.BakeMinutes)
	}
	return true
}

// scaledUp says whether tasks of the new revision are to be there.
func (l *look) scaledUp() bool {
	return l.primary.Stage != structs.StageReconcileService && l.primary.Stage != structs.StagePreScaleUp
}

// passed says whether the stage has taken so many minutes; else the service is looked at again when
// it has.
func (w *planWriter) passed(minutes int32) bool {
	end := w.primary.StageAt + structs.Time(minutes)*60_000
	if w.in.Now < end {
		w.wake(end)
	}
	return w.in.Now >= end
}

func (l *look) nextStage() string {
	switch l.primary.Stage {
	case structs.StageReconcileService:
		return structs.StagePreScaleUp
	case structs.StagePreScaleUp:
		return structs.StageScaleUp
	case structs.StageScaleUp:
		return structs.StagePostScaleUp
	case structs.StagePostScaleUp:
		return structs.StageTestShift
	case structs.StageTestShift:
		return structs.StagePostTestShift
	case structs.StagePostTestShift:
		return structs.StagePreProductionShift
	case structs.StagePreProductionShift:
		return structs.StageProductionShift
	case structs.StageProductionShift:
		if l.primary.Traffic.Production < 100 {
			return structs.StagePreProductionShift
		}
		return structs.StagePostProductionShift
	case structs.StagePostProductionShift:
		return structs.StageBakeTime
	default:
		return structs.StageCleanUp
	}
}

// enter begins a stage: it moves the traffic that the stage is there for, and pauses where a hook
// says so.
func (s *service) enter(stage string) {
	d := s.primary
	traffic := structs.Traffic{}
	if d.Traffic != nil {
		traffic = *d.Traffic
	}
	d.Stage, d.StageAt = stage, s.in.Now
	switch stage {
	case structs.StageTestShift:
		traffic.Test = 100
	case structs.StageProductionShift:
		traffic.Production = s.nextWeight(traffic.Production)
	case structs.StageCleanUp:
		traffic = structs.Traffic{Production: 100, Test: 100}
	}
	d.Traffic = &traffic
	for _, hook := range s.shiftPolicy().Hooks {
		if slices.Contains(hook.Stages, stage) {
			d.Pauses = append(slices.Clip(d.Pauses), structs.Pause{
				ID: s.ids.next(), Stage: stage, Status: structs.HookAwaiting, TimeoutAction: hook.TimeoutAction,
				ExpiresAt: s.in.Now + structs.Time(hook.TimeoutMinutes)*60_000,
			})
			s.tell("(deployment " + d.ID + ") is paused at " + stage + ".")
		}
	}
	s.put(d)
}

// nextWeight is how much of the production traffic the next step moves to the primary, in percent
// with one decimal.
func (l *look) nextWeight(now float64) float64 {
	policy := l.shiftPolicy()
	switch {
	case policy.Strategy == structs.StrategyLinear:
		return min(100, math.Round((now+policy.StepPercent)*10)/10)
	case policy.Strategy == structs.StrategyCanary && now == 0:
		return policy.StepPercent
	default:
		return 100
	}
}

// shiftPolicy is that of the version which the primary deploys: what users change meanwhile is for
// the next deployment.
func (l *look) shiftPolicy() *structs.ShiftPolicy {
	for _, job := range []*structs.Job{l.in.View.JobVersion(l.job.ID, l.primary.JobVersion), l.job} {
		if job != nil && job.Service.Update.Shift != nil {
			return job.Service.Update.Shift
		}
	}
	return &structs.ShiftPolicy{Strategy: structs.StrategyBlueGreen}
}

// expirePauses ends the pauses that nobody has answered in time.
func (s *service) expirePauses() {
	if !s.shifting() {
		return
	}
	d := s.primary
	d.Pauses = slices.Clone(d.Pauses)
	for n := range d.Pauses {
		if p := &d.Pauses[n]; p.Waits() && p.ExpiresAt <= s.in.Now {
			p.Status = structs.HookTimedOut
			s.put(d)
		}
	}
}

// paused says whether a hook keeps the deployment where it is.
func (w *planWriter) paused() (paused bool) {
	for _, p := range w.primary.Pauses {
		if p.Waits() {
			w.wake(p.ExpiresAt)
			paused = true
		}
	}
	return paused
}

// pausedBack gives the pause that ended in the deployment's having to go back, nil where none did.
func (l *look) pausedBack() *structs.Pause {
	for n := range l.primary.Pauses {
		if p := &l.primary.Pauses[n]; p.RollsBack() {
			return p
		}
	}
	return nil
}

// shiftedBack is the traffic of a deployment that brings back one that another stood beside: all,
// if enough of that is there to take it. Nil where tasks are replaced some at a time.
func (s *service) shiftedBack() *structs.Traffic {
	healthy := 0
	for _, t := range s.fleet.old.healthy {
		if t.StartedBy == s.completed.ID {
			healthy++
		}
	}
	if s.primary.Traffic == nil || healthy < max(1, s.least()) {
		return nil
	}
	return &structs.Traffic{Production: 100, Test: 100}
}

// unshift settles where the traffic of a deployment goes that has failed and that nothing brings
// back: where it has not moved as a whole, it stays with the old tasks.
func (s *service) unshift() {
	if t := s.primary.Traffic; t != nil && t.Production < 100 {
		s.primary.Traffic = &structs.Traffic{}
	}
}

// leftBehind orders the two sides of a service whose rollout has failed: what goes first is what
// has no traffic.
func (s *service) leftBehind() []*ranks {
	if t := s.primary.Traffic; t != nil && t.Production == 100 {
		return []*ranks{&s.fleet.old, &s.fleet.current}
	}
	return []*ranks{&s.fleet.current, &s.fleet.old}
}
