package scheduler

import "github.com/gantry-project/gantry/structs"

// side is one of two revisions of a service that run side by side, each with its own tasks at the
// count of the service.
type side struct {
	deployment *structs.Deployment
	definition *structs.TaskDefinition
	// placed are its tasks in the right places. others are the tasks that these replace: tasks on
	// instances that they must leave and, for the revision that serves, tasks of any further
	// deployment.
	placed, others ranks
}

func (d *side) healthy() int { return len(d.placed.healthy) + len(d.others.healthy) }

// keepSides keeps both revisions up. Neither takes from the other: each loses its surplus and gets
// the tasks that it lacks, the one with the traffic first.
func (s *service) keepSides() {
	green, blue := s.sides()
	order := []*side{blue, green}
	if s.primary.Traffic.Production == 100 {
		order = []*side{green, blue}
	}
	for _, d := range order {
		if d != nil {
			s.trim(d)
		}
	}
	for n, d := range order {
		if d == nil || !s.startSide(d) {
			continue
		}
		if other := order[1-n]; other != nil && s.lacks(other) > 0 {
			// a plan starts tasks of only one deployment; the next look handles the other
			s.wake(s.in.Now)
		}
		return
	}
}

// sides sorts the tasks of the service by revision. blue is the deployment that completed last or,
// if there is none, the one before the primary; nil if no earlier one is left.
func (s *service) sides() (green, blue *side) {
	green = &side{deployment: s.primary, definition: s.definition}
	if d := s.blue(); d != nil {
		blue = &side{deployment: s.withUnhealthy(d), definition: s.in.View.TaskDefinition(d.TaskDefinition)}
	}
	s.fleet.current.each(func(t *structs.Task, rank func(*ranks) *[]*structs.Task) {
		tasks := rank(&green.placed)
		*tasks = append(*tasks, t)
	})
	s.fleet.old.each(func(t *structs.Task, rank func(*ranks) *[]*structs.Task) {
		to := &green.others
		switch i := s.in.View.Instance(t.Instance); {
		case t.StartedBy == s.primary.ID || blue == nil:
		case t.StartedBy == blue.deployment.ID && i != nil && i.Status == structs.InstanceActive:
			to = &blue.placed
		default:
			to = &blue.others
		}
		tasks := rank(to)
		*tasks = append(*tasks, t)
	})
	return green, blue
}

func (l *look) blue() *structs.Deployment {
	switch {
	case l.completed != nil && l.completed.Status != structs.DeploymentInactive:
		return l.completed
	case len(l.older) > 0:
		return l.older[len(l.older)-1]
	}
	return nil
}

// withUnhealthy returns an earlier deployment as it will be when the plan commits, with the
// failures that this look has found.
func (s *service) withUnhealthy(d *structs.Deployment) *structs.Deployment {
	row := *d
	if n := s.unhealthy[d.ID]; n > 0 {
		row.Failures += n
		row.LastFailureAt = s.in.Now
	}
	return &row
}

// each calls fn with each task, and with a function that returns the same rank of other ranks.
func (r *ranks) each(fn func(t *structs.Task, rank func(*ranks) *[]*structs.Task)) {
	for _, rank := range []func(*ranks) *[]*structs.Task{
		func(r *ranks) *[]*structs.Task { return &r.healthy },
		func(r *ranks) *[]*structs.Task { return &r.fresh },
		func(r *ranks) *[]*structs.Task { return &r.unready },
	} {
		for _, t := range *rank(r) {
			fn(t, rank)
		}
	}
}

// trim stops the surplus of a side.
func (s *service) trim(d *side) {
	s.release(&d.others.unready, len(d.others.unready))
	over, strategy := d.placed.size()-s.count, s.capacityOf(d.deployment)
	over -= s.releaseShares(&d.placed.unready, over, strategy, &d.placed)
	over -= s.releaseShares(&d.placed.fresh, over, strategy, &d.placed)
	s.release(&d.others.healthy, d.healthy()-s.count)
	s.releaseShares(&d.placed.healthy, min(over, d.healthy()-s.count), strategy, &d.placed)
}

// lacks returns how many tasks a side lacks.
func (s *service) lacks(d *side) int {
	if d.definition == nil || d.deployment == s.primary && !s.scaledUp() {
		return 0
	}
	return s.count - d.placed.size()
}

// startSide starts the tasks that a side lacks, and reports whether it started any.
func (s *service) startSide(d *side) bool {
	want := s.lacks(d)
	if want <= 0 || s.backsOff(d) {
		return false
	}
	before := *s.plan
	need := structs.Need(d.definition, s.job.Overrides)
	r := s.request(want, nil)
	r.Definition, r.Need = d.definition, &need
	r.Share = s.share(s.capacityOf(d.deployment), &d.placed)
	found := fill(s.plan, r, &s.ids)
	s.plan.Deployment = d.deployment.ID
	if s.plan.Unplaced > 0 {
		s.plan.Status = structs.EvaluationBlocked
		if len(s.fleet.leaving) == 0 {
			s.tellUnplaced(found)
		}
	}
	if s.plan.Unplaced == 0 && before.Unplaced > 0 { // keep the other side's reasons
		s.plan.Unplaced, s.plan.Failures, s.plan.Filtered, s.plan.Remedy = before.Unplaced, before.Failures, before.Filtered, before.Remedy
	}
	return len(s.plan.Placements) > 0
}

// backsOff reports whether a side's tasks failed so often that it must wait before it starts more.
func (s *service) backsOff(d *side) bool {
	at := restartAt(d.deployment, max(1, s.count-len(d.placed.healthy)))
	if at <= s.in.Now {
		return false
	}
	s.wake(at)
	s.tellOnce(unableText, "", "")
	return true
}
