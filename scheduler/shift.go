package scheduler

import (
	"math"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// shifting reports whether the primary is being brought up beside the revision that serves. From
// CLEAN_UP on, it continues like a rolling deployment whose tasks are all up.
func (l *look) shifting() bool {
	d := l.primary
	return d.Stage != "" && d.Stage != structs.StageCleanUp && d.Rollout == structs.RolloutInProgress
}

// advance takes the deployment through as many stages as possible now. The events that it waits for
// wake the service: a task becomes healthy, a pause is answered, or a time is reached.
func (s *service) advance() {
	if s.shifting() && s.primary.StageAt == 0 {
		s.begin()
	}
	for s.shifting() && s.stageDone() {
		s.enter(s.nextStage())
	}
}

// begin enters the first stage. If there is no earlier revision, as with a new service, there are
// no stages.
func (s *service) begin() {
	if s.fleet.old.size() > 0 {
		s.turnOver(s.blue())
	}
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

// stageDone reports whether the next stage may begin. Once the new revision is started, it must be
// complete for each step.
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

// scaledUp reports whether tasks of the new revision should exist.
func (l *look) scaledUp() bool {
	return l.primary.Stage != structs.StageReconcileService && l.primary.Stage != structs.StagePreScaleUp
}

// passed reports whether the stage has lasted this many minutes. If not, it asks for another look
// when it has.
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

// enter begins a stage: it moves the traffic as the stage requires, and pauses if there is a hook.
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

// nextWeight returns how much production traffic the primary has after the next step, in percent
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

// shiftPolicy returns the policy of the version that the primary deploys. Changes that users make
// in the meantime apply to the next deployment.
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

// paused reports whether a hook keeps the deployment from advancing.
func (w *planWriter) paused() (paused bool) {
	for _, p := range w.primary.Pauses {
		if p.Waits() {
			w.wake(p.ExpiresAt)
			paused = true
		}
	}
	return paused
}

// pausedBack returns the pause that requires a rollback of the deployment, or nil if there is none.
func (l *look) pausedBack() *structs.Pause {
	for n := range l.primary.Pauses {
		if p := &l.primary.Pauses[n]; p.RollsBack() {
			return p
		}
	}
	return nil
}

// shiftedBack returns the traffic of a rollback to a revision that still runs beside the new one:
// all of it, if enough of its tasks are up. It returns nil if tasks are replaced a few at a time.
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

// unshift sets the traffic of a failed deployment that is not rolled back: unless all of it has
// moved, it stays with the old tasks.
func (s *service) unshift() {
	if t := s.primary.Traffic; t != nil && t.Production < 100 {
		s.primary.Traffic = &structs.Traffic{}
	}
}

// leftBehind returns the two sides of a service whose rollout has failed, in the order in which
// they are stopped: first the one without traffic.
func (s *service) leftBehind() []*ranks {
	if t := s.primary.Traffic; t != nil && t.Production == 100 {
		return []*ranks{&s.fleet.old, &s.fleet.current}
	}
	return []*ranks{&s.fleet.current, &s.fleet.old}
}
