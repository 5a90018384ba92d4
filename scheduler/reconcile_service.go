package scheduler

import (
	"github.com/gantry-project/gantry/scheduler/place"
	"github.com/gantry-project/gantry/structs"
)

// service is one look at a service or daemon: the state in which it was found, and the plan that
// grows from it. Nothing is kept from one look to the next. Each look does as much as the limits of
// the update policy allow now, and its effects (a task becomes healthy, or stops) cause the next
// look. So an update, a drained instance and a changed count are the same work.
//
// The facts are in look, the plan in planWriter. Methods of these two decide nothing: they see
// neither the tasks (fleet) nor other decisions.
type service struct {
	planWriter

	fleet fleet
	// unhealthy counts the tasks that this look stops for failing their health checks, by their
	// deployment.
	unhealthy map[string]int
	// later means that another task set has new tasks in this plan, so the tasks that this one
	// lacks wait for the next look.
	later   bool
	resting bool // the primary waits before it starts more, because its tasks failed often
	held    bool // a task was not stopped only because it is protected
}

// reconcileService plans for a service or daemon.
func reconcileService(in Input, job *structs.Job, plan *structs.Plan) {
	if job.External() {
		reconcileSets(in, job, plan)
		return
	}
	l := look{in: in, job: job}
	l.findDeployments()
	s := &service{planWriter: planWriter{look: l, plan: plan, ids: newTaskIDs(in.Seed)}}
	if s.primary == nil || job.Status == structs.ServiceInactive {
		return
	}
	if job.Status == structs.ServiceDraining {
		s.drain()
	} else if s.define(); s.definition == nil {
		definitionGone(plan, s.primary.TaskDefinition, job.Count)
	} else {
		s.keepUp()
	}
	s.finish()
}

// keepUp moves the service toward its desired tasks. It stops tasks before it starts others,
// because stops make room within the limits.
func (s *service) keepUp() {
	if s.daemon() {
		s.plan.Desired = new(s.count)
	}
	s.survey()
	s.forget()
	s.stopUnhealthy()
	s.expirePauses()
	s.succeedEarly()
	if s.endRollout() {
		return // the next look continues, with the service as it was before
	}
	if s.advance(); s.shifting() {
		s.keepSides()
		s.retireEmpty(s.blue())
		s.tellProtected()
		return
	}
	s.resting = s.rest()
	s.stopSpare()
	s.start()
	s.clearEarlier()
	s.stopReplacedFailing()
	s.stopReplaced()
	s.settle()
	s.tellProtected()
}

// drain stops the tasks of a service that was deleted.
func (s *service) drain() {
	if s.primary.Rollout == structs.RolloutInProgress {
		s.primary.Rollout, s.primary.RolloutReason, s.primary.FinishedAt = structs.RolloutFailed, stopText+deletedText, s.in.Now
		s.put(s.primary)
		s.tell("(deployment " + s.primary.ID + ") deployment stopped.")
	}
	holding := false
	for t := range s.in.View.JobTasks(s.job.ID) {
		holding = holding || t.Holds()
		if t.Holds() && t.DesiredStatus < structs.TaskStopped {
			s.stop(t, scaledBy(s.primary))
		}
	}
	if holding {
		return
	}
	s.plan.JobStatus = structs.ServiceInactive
	for _, d := range append(s.older, s.primary) {
		s.retire(d)
	}
}

// stopSpare stops tasks that the service does not need: unhealthy ones of earlier deployments,
// those of the primary beyond the count, and healthy ones beyond the count, earlier deployments'
// first.
func (s *service) stopSpare() {
	f := &s.fleet
	s.release(&f.astray, len(f.astray))
	if s.halted() {
		s.stopSurplus(s.leftBehind()...)
		return
	}
	if !s.resting {
		s.release(&f.old.unready, len(f.old.unready))
	}
	over := f.current.size() - s.count
	if s.drifts() {
		over -= s.releaseUnready(over)
	} else {
		over -= s.releaseCurrent(&f.current.unready, over)
		over -= s.releaseCurrent(&f.current.fresh, over)
	}
	s.release(&f.old.healthy, f.healthy()-s.count)
	s.releaseCurrent(&f.current.healthy, min(over, f.healthy()-s.count))
}

// stopSurplus stops only tasks beyond the count, exhausting the first ranks before the next.
func (s *service) stopSurplus(sides ...*ranks) {
	surplus := s.fleet.alive() - s.count
	for _, r := range sides {
		surplus -= s.release(&r.unready, surplus)
	}
	for _, r := range sides {
		surplus -= s.release(&r.fresh, surplus)
	}
	surplus = s.fleet.healthy() - s.count
	for _, r := range sides {
		surplus -= s.release(&r.healthy, surplus)
	}
}

// start places the tasks that the primary lacks, within the limits. If they allow no more, or the
// instances are full, healthy tasks of earlier deployments make way, down to the minimum that must
// stay healthy.
func (s *service) start() {
	f := &s.fleet
	want := s.count - f.current.size()
	if want <= 0 || s.halted() || s.resting {
		return
	}
	if s.later {
		s.wake(s.in.Now)
		return
	}
	budget := s.most() - f.alive() - len(f.failing)
	budget += s.dropFailing(want - budget)
	budget += s.makeWay(want - budget)
	starting := min(want, budget)
	if starting <= 0 {
		s.tellStuck()
		return
	}
	r := s.request(starting, s.named(starting))
	found := fill(s.plan, r, &s.ids)
	s.plan.Deployment = s.primary.ID
	if s.plan.Unplaced == 0 {
		return
	}
	s.plan.Status = structs.EvaluationBlocked
	s.plan.Queue = placeOf(s.job, &s.need)
	if found.LacksRoom() {
		s.makeWay(s.plan.Unplaced - len(f.leaving))
	}
	preempt(s.in, r, found, s.plan)
	if len(f.leaving)+len(s.plan.Preempted) == 0 { // otherwise room appears without it
		s.tellUnplaced(found)
	}
}

// makeWay stops up to n healthy tasks of earlier deployments and returns how many.
func (s *service) makeWay(n int) int {
	return s.release(&s.fleet.old.healthy, min(n, s.fleet.healthy()-s.least()))
}

// request returns a request for places for tasks of the primary.
func (s *service) request(count int, named []string) *place.Request {
	return &place.Request{
		View: s.in.View, Job: s.job, Definition: s.definition, Need: &s.need, Count: count, Instances: named,
		Seed: s.in.Seed, Leaving: s.fleet.leaving, Placer: s.in.Placer,
		Share: s.share(s.job.Strategy(), &s.fleet.current),
	}
}

// named returns the instances that count new tasks go to, or nil if any will do.
func (s *service) named(count int) []string {
	if !s.daemon() {
		return nil
	}
	return s.vacant()[:count]
}
