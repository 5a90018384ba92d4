package scheduler

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/scheduler/place"
	"github.com/gantry-project/gantry/structs"
)

// maxMoves is the maximum number of tasks of a service that move at a time, even if its maximum
// percent allows more.
const maxMoves = 10

// drifts reports whether the service returns to its strategy on its own. It does not during a
// rollout.
func (s *service) drifts() bool {
	return s.job.Rebalances() && s.primary.Rollout == structs.RolloutCompleted && s.fleet.old.size() == 0
}

// calm reports whether nothing is under way: all desired tasks are healthy, none is stopping, and
// every instance that has some could start more.
func (s *service) calm() bool {
	f := &s.fleet
	if len(f.current.healthy) != s.count || f.alive() != s.count || len(f.leaving)+len(f.failing) > 0 {
		return false
	}
	for id := range f.hosts {
		if i := s.in.View.Instance(id); i == nil || !i.CanStart() {
			return false
		}
	}
	return true
}

// move is a set of the service's tasks, with the instances on which others replace them.
type move struct {
	tasks []*structs.Task
	to    []string
	// squares measures how uneven the service is after the move.
	squares []int
}

// rebalance starts tasks where the strategy wants them, to replace as many that are elsewhere. The
// new ones come first: once they are healthy, the service has more tasks than its count, and
// scale-in removes the surplus from the fullest places as usual (scale_in.go). So nothing has to be
// remembered from one look to the next. It cannot go on forever, because each move spreads the
// tasks strictly more evenly, and it begins only when nothing else is under way.
func (s *service) rebalance() (moving bool) {
	if !s.drifts() || !s.calm() {
		return false
	}
	before := s.balance()
	if len(s.movable(before, s.fleet.current.healthy)) == 0 {
		return false
	}
	// the tasks that were moved before may be the ones that failed
	if at := restartAt(s.primary, 1); at > s.in.Now {
		s.wake(at)
		s.tellOnce(unableText, "", "")
		return true // it continues at that time
	}
	open := s.unprotected(s.fleet.current.healthy, s.count)
	best := move{squares: before.squares}
	for budget := min(s.most()-s.count, maxMoves); len(best.to) < budget; {
		next := s.further(&best, open)
		if next == nil {
			break
		}
		best = *next
	}
	if len(best.to) == 0 {
		return false
	}
	s.tellUneven(before, best.squares)
	s.plan.Need, s.plan.Deployment = s.need, s.primary.ID
	for _, instance := range best.to {
		s.plan.Placements = append(s.plan.Placements, structs.Placement{Task: s.ids.next(), Instance: instance, Provider: s.soleProvider()})
	}
	return true
}

// further returns the move with one more task, or nil if there is none. Package place finds where
// tasks would go if the moving ones were gone, and the order of scale-in decides which tasks are
// stopped once the new ones are up. The result must be more even than the move so far.
func (s *service) further(m *move, open []*structs.Task) *move {
	b := s.balance()
	b.fullest(m.tasks, len(m.tasks))
	for _, instance := range m.to {
		b.add(instance, 1)
	}
	for _, t := range s.movable(b, slices.DeleteFunc(slices.Clone(open), func(t *structs.Task) bool { return slices.Contains(m.tasks, t) })) {
		found := place.Find(s.moving(append(slices.Clip(m.tasks), t)))
		if len(found.Instances) <= len(m.tasks) {
			continue
		}
		if next := s.after(found.Instances, open); next != nil && slices.Compare(next.squares[:s.depth()], m.squares[:s.depth()]) < 0 {
			return next
		}
	}
	return nil
}

// movable returns, for each place, the task that would be stopped first, if it would be better
// placed on some instance that takes tasks. The fullest places come first.
func (s *service) movable(b *balance, pool []*structs.Task) (tasks []*structs.Task) {
	open, depth := b.open(s.job.Cluster), s.depth()
	for _, l := range b.leaves(pool) {
		fullest := l.piles[0]
		if slices.ContainsFunc(open, func(to *site) bool { return to.betterThan(fullest.site, depth) }) {
			tasks = append(tasks, fullest.top())
		}
	}
	return tasks
}

// moving returns a request for replacements of the tasks that move, placed as if those were gone.
func (s *service) moving(tasks []*structs.Task) *place.Request {
	r := s.request(len(tasks), nil)
	if r.Share != nil {
		r.Share.Total += len(tasks) // the tasks that move still exist
	}
	r.Leaving = map[string]bool{}
	for _, t := range tasks {
		r.Leaving[t.ID] = true
	}
	return r
}

// after returns the move that results from new tasks at these places: in later looks the fullest
// places lose as many. It returns nil if one of the new tasks would be stopped itself.
func (s *service) after(where []string, open []*structs.Task) *move {
	b, pool := s.balance(), slices.Clip(open)
	for _, instance := range where {
		b.add(instance, 1)
		pool = append(pool, &structs.Task{Instance: instance, LastStatus: structs.TaskProvisioning, CreatedAt: s.in.Now})
	}
	m := &move{to: where, tasks: b.fullest(pool, len(where)), squares: b.squares}
	if slices.ContainsFunc(m.tasks, func(t *structs.Task) bool { return t.ID == "" }) {
		return nil
	}
	return m
}

// depth returns how many levels of a balance the strategy spreads over, including that of the
// instances if it spreads over them.
func (l *look) depth() int {
	attributes, instances := place.SpreadLevels(l.job)
	if instances {
		return len(attributes) + 1
	}
	return len(attributes)
}

// releaseUnready stops up to n surplus tasks that are not healthy. A task that is better placed
// than a healthy one stays, to replace it.
func (s *service) releaseUnready(n int) (stopped int) {
	if n <= 0 {
		return 0
	}
	current := &s.fleet.current
	for _, t := range s.fromTheFullest(s.unprotected(slices.Concat(current.healthy, current.fresh, current.unready), n), n) {
		if slices.Contains(current.unready, t) {
			s.leave(t, scaledBy(s.primary))
			stopped++
		}
	}
	current.unready = slices.DeleteFunc(current.unready, func(t *structs.Task) bool { return s.fleet.leaving[t.ID] })
	return stopped
}

const (
	unevenText = "is not AZ balanced with "
	evenText   = "is AZ balanced with "
)

// tellUneven adds an event about the purpose of a move, in ECS's words if it is about zones.
func (s *service) tellUneven(before *balance, squares []int) {
	level := 0
	for before.squares[level] == squares[level] {
		level++
	}
	switch {
	case level == len(before.levels):
		s.tellOnce("is not balanced over its container instances. Rebalancing in progress.", "", "")
	case level == 0 && before.levels[0] == structs.AttributeZone:
		s.tellOnce(unevenText, s.perZone(before)+". AZ Rebalancing in progress.", "")
	default:
		s.tellOnce("is not balanced over attribute:"+before.levels[level]+". Rebalancing in progress.", "", "")
	}
}

// tellEven adds an event that the zones are even, if an earlier event was that they are not.
func (s *service) tellEven() {
	if s.count == 0 {
		return
	}
	for _, e := range s.in.View.ServiceEvents(s.job.ID).Events {
		if e.Message == s.subject()+steadyText {
			return
		}
		if strings.HasPrefix(e.Message, s.subject()+unevenText) {
			s.tell(evenText + s.perZone(s.balance()) + ".")
			return
		}
	}
}

// perZone returns a text with the number of tasks in each zone that takes some.
func (s *service) perZone(b *balance) string {
	zones := map[string]int{}
	for _, site := range append(b.open(s.job.Cluster), slices.Collect(maps.Values(b.sites))...) {
		zone, _, _ := strings.Cut(site.leaf, pathEnd)
		zones[zone] = *site.tasks[0]
	}
	var parts []string
	for _, zone := range slices.Sorted(maps.Keys(zones)) {
		parts = append(parts, fmt.Sprintf("%d tasks in %s", zones[zone], zone))
	}
	last := len(parts) - 1
	if last < 1 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:last], ", ") + ", and " + parts[last]
}
