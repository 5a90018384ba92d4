package scheduler

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

// Placer says where the tasks of a request go, in place of the job's strategies. How many there are
// and what they need is decided already, and what fits is checked as they take their places. It is
// not asked for tasks that name their instances (StartTask, daemons).
type Placer func(*Request)

// Request asks for places for tasks that are all alike.
type Request struct {
	Count      int // tasks that lack a place
	Need       structs.Resources
	Definition *structs.TaskDefinition

	ask    *ask
	peers  map[string]int
	where  []string
	taken  map[string]int // tasks of the request by instance
	reason string
}

// Take takes a place on an instance for one task, or says why there is none, by the same rules that
// bind the strategies.
func (r *Request) Take(instance string) *structs.PlacementFailure {
	view, cluster := r.ask.request.view, r.ask.request.job.Cluster
	i := view.Instance(instance)
	switch {
	case len(r.where) == r.Count:
		return &structs.PlacementFailure{Instance: instance, Reason: structs.FailScheduler, Detail: "no task is left that lacks a place"}
	case i == nil || i.Cluster != cluster:
		return &structs.PlacementFailure{Instance: instance, Reason: structs.FailMissing}
	}
	if s := r.shortfall(i, view.Usage(instance)); s != nil {
		f := s.failure(r.ask)
		return &f
	}
	r.where = append(r.where, instance)
	r.taken[instance]++
	return nil
}

// Decline says why the tasks that have no place yet are to have none for now.
func (r *Request) Decline(reason string) { r.reason = reason }

// Hosts gives the instances of the cluster that are not INACTIVE, by id, each with how many tasks
// of the request it takes and, where it takes none, why.
func (r *Request) Hosts() iter.Seq2[structs.InstanceUsage, structs.PlacementFailure] {
	return func(yield func(structs.InstanceUsage, structs.PlacementFailure) bool) {
		for i, u := range r.ask.request.view.Hosts(r.ask.request.job.Cluster) {
			if i.Status == structs.InstanceInactive {
				continue
			}
			var why structs.PlacementFailure
			if s := r.shortfall(i, u); s != nil {
				why = s.failure(r.ask)
			}
			if !yield(structs.InstanceUsage{ContainerInstance: i, Usage: u}, why) {
				return
			}
		}
	}
}

// shortfall says what keeps an instance from taking one task more; nil when nothing does.
func (r *Request) shortfall(i *structs.ContainerInstance, u *structs.Usage) *shortfall {
	return r.ask.shortfall(r.ask.with(r.ask.host(i, u, r.peers), r.taken[i.ID]))
}

// full says whether no instance takes a further task.
func (r *Request) full() bool {
	for _, why := range r.Hosts() {
		if why.Reason == "" {
			return false
		}
	}
	return true
}

// placeByChoice lets the placer say where tasks go. What it declines to place is told with its
// reason, and where it had no choice with ours.
func placeByChoice(r *request) placed {
	a := newAsk(r)
	q := &Request{
		Count: r.lack.count, Need: *r.need, Definition: r.definition, ask: a, peers: a.peers(a.distinct), taken: map[string]int{},
	}
	r.placer(q)
	p := placed{where: q.where}
	if q.reason == "" || len(q.where) == q.Count {
		return p
	}
	if q.full() {
		p.explain(a, q.peers)
	}
	declined := structs.PlacementFailure{Reason: structs.FailScheduler, Detail: q.reason}
	p.failures = append([]structs.PlacementFailure{declined}, p.failures...)
	return p
}
