package scheduler

import (
	"cmp"
	"container/heap"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// release stops up to n tasks of the pool, takes them out of it, and tells how many. They go in the order in which a service
// gives tasks up (ECS): those that do not run yet or no longer, then from the zone with the most tasks of the service, there
// from the instance with the most, and there the newest. Protected tasks stay; where more were to go, the service is looked
// at again when the first protection ends.
func (s *service) release(pool *[]*structs.Task, n int) int {
	if n <= 0 {
		return 0
	}
	var running, others []*structs.Task
	for _, t := range s.unprotected(*pool, n) {
		if t.LastStatus == structs.TaskRunning {
			running = append(running, t)
		} else {
			others = append(others, t)
		}
	}
	stopped := s.stopFullest(others, n)
	stopped += s.stopFullest(running, n-stopped)
	*pool = slices.DeleteFunc(*pool, func(t *structs.Task) bool { return s.fleet.leaving[t.ID] })
	return stopped
}

// stopFullest stops up to n tasks and tells how many.
func (s *service) stopFullest(pool []*structs.Task, n int) int {
	if n < len(pool) {
		pool = s.fromTheFullest(pool, n)
	}
	for _, t := range pool {
		s.leave(t, scaledBy(s.primary))
	}
	return len(pool)
}

// leave stops an alive task.
func (s *service) leave(t *structs.Task, reason string) {
	s.stop(t, reason)
	s.fleet.leaving[t.ID] = true
	s.fleet.hosts[t.Instance]--
	s.fleet.zones[s.zone(s.in.View.Instance(t.Instance))]--
}

// unprotected gives the tasks of the pool that may be stopped, of which n are to be.
func (s *service) unprotected(pool []*structs.Task, n int) []*structs.Task {
	var open []*structs.Task
	var until structs.Time
	for _, t := range pool {
		if t.ProtectedUntil <= s.in.Now {
			open = append(open, t)
		} else if until == 0 || t.ProtectedUntil < until {
			until = t.ProtectedUntil
		}
	}
	if until > 0 && len(open) < n {
		s.held = true
		s.wake(until)
	}
	return open
}

// fromTheFullest picks n tasks one by one, each from the zone and instance that has the most by then.
func (s *service) fromTheFullest(pool []*structs.Task, n int) (chosen []*structs.Task) {
	zones := s.byZone(pool)
	for range n {
		fullest := slices.MaxFunc(zones, func(a, b *zonePile) int {
			return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(b.zone, a.zone))
		})
		chosen = append(chosen, fullest.pop())
	}
	return chosen
}

// zonePile is the part of a pool that is in one zone.
type zonePile struct {
	zone  string
	tasks int // of the service there; the pool's may be fewer
	hosts hostHeap
}

// rank orders zones; one that the pool has nothing left of is last.
func (z *zonePile) rank() int {
	if len(z.hosts) == 0 {
		return -1
	}
	return z.tasks
}

func (z *zonePile) pop() *structs.Task {
	fullest := z.hosts[0]
	last := len(fullest.pool) - 1
	t := fullest.pool[last]
	fullest.pool = fullest.pool[:last]
	fullest.tasks--
	z.tasks--
	if last == 0 {
		heap.Pop(&z.hosts)
	} else {
		heap.Fix(&z.hosts, 0)
	}
	return t
}

// hostPile is the part of a pool that is on one instance, oldest first.
type hostPile struct {
	instance string
	tasks    int // of the service there; the pool's may be fewer
	pool     []*structs.Task
}

// hostHeap has the instance with the most tasks on top.
type hostHeap []*hostPile

func (h hostHeap) Len() int { return len(h) }
func (h hostHeap) Less(a, b int) bool {
	return cmp.Or(cmp.Compare(h[b].tasks, h[a].tasks), cmp.Compare(h[a].instance, h[b].instance)) < 0
}
func (h hostHeap) Swap(a, b int) { h[a], h[b] = h[b], h[a] }
func (h *hostHeap) Push(x any)   { *h = append(*h, x.(*hostPile)) }
func (h *hostHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

func (s *service) byZone(pool []*structs.Task) (zones []*zonePile) {
	sorted := slices.SortedFunc(slices.Values(pool), func(a, b *structs.Task) int {
		return cmp.Or(cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
	byName := map[string]*zonePile{}
	for at := 0; at < len(sorted); {
		host := &hostPile{instance: sorted[at].Instance, tasks: s.fleet.hosts[sorted[at].Instance]}
		for ; at < len(sorted) && sorted[at].Instance == host.instance; at++ {
			host.pool = append(host.pool, sorted[at])
		}
		name := s.zone(s.in.View.Instance(host.instance))
		z := byName[name]
		if z == nil {
			z = &zonePile{zone: name, tasks: s.fleet.zones[name]}
			byName[name] = z
			zones = append(zones, z)
		}
		z.hosts = append(z.hosts, host)
	}
	for _, z := range zones {
		heap.Init(&z.hosts)
	}
	return zones
}
