package place

import (
	"cmp"

	"github.com/gantry-project/gantry/structs"
)

// Request asks for places for tasks of one job that are all alike.
type Request struct {
	View       View
	Job        *structs.Job
	Definition *structs.TaskDefinition
	// Need is what each of the tasks needs.
	Need *structs.Resources
	// Count is how many tasks lack a place.
	Count int
	// Instances, if not nil, are the instances that get one task each; there are Count of them.
	Instances []string
	// Seed is the source of the random strategy's draws.
	Seed [16]byte
	// Leaving holds the ids of tasks that the plan stops or that are on their way out. They still
	// hold their resources, but do not count for spread, distinctInstance and task:group.
	Leaving map[string]bool
	// Placer, if not nil, chooses where tasks go, unless they name their instances.
	Placer Placer
	// Share is how the tasks are divided among capacity providers. It is nil for a job without a
	// capacity provider strategy.
	Share *Share
}

// Result is where the tasks of a request go and, for tasks left over, why they found no place.
type Result struct {
	// Instances has an instance for each task that found a place.
	Instances []string
	// Providers has the capacity provider of each of those tasks. It is nil without a capacity
	// provider strategy.
	Providers []string
	Failures  []structs.PlacementFailure // the closest instances
	Filtered  []structs.FilterCount      // all instances, by reason
	Remedy    string                     // the smallest change that would let one more task run

	// full is what the first capacity provider without room requires of an instance. It is nil if
	// all tasks found a place, or there are no providers.
	full *provision
}

// Find finds an instance for each task of a request.
func Find(r *Request) Result {
	if r.Share != nil {
		return r.Share.find(r)
	}
	return newAsk(r, nil).find()
}

// find finds places by the job's strategies, unless the tasks name their instances or a placer
// chooses for them.
func (a *ask) find() Result {
	switch r := a.request; {
	case r.Count == 0:
		return Result{}
	case r.Instances != nil:
		return a.findNamed()
	case r.Placer != nil:
		return a.findByOffer()
	default:
		return a.findBest()
	}
}

// findBest gives each task the best instance that has room, by the job's strategy.
//
// All tasks of a request are alike, so their effect on an instance is known beforehand. Each
// instance is looked at once, to see how many tasks it takes (room); after that only the order has
// to be maintained.
func (a *ask) findBest() Result {
	r := a.request
	s := strategyOf(r.Job)
	peers := a.peers(s.countsPeers() || a.distinct)
	from := newCandidates(&s, a)
	if byFree, cpuFirst := s.byFree(); byFree {
		from.addPeers(peers)
		from.addClasses(peers, cpuFirst)
	} else {
		from.addAll(peers)
	}
	from.build()
	found := Result{Instances: make([]string, 0, r.Count)}
	for len(found.Instances) < r.Count {
		c := from.take()
		if c == nil {
			found.explain(a, peers)
			break
		}
		found.Instances = append(found.Instances, c.id)
	}
	return found
}

// findNamed puts one task on each named instance. Each instance that does not take it is a separate
// failure. Strategies do not matter here, but constraints do: those of a task definition are what
// its tasks need to run at all. (StartTask has none of its own, and the instances of a daemon were
// chosen by those of its service.)
func (a *ask) findNamed() Result {
	r := a.request
	var found Result
	peers := a.peers(a.distinct)
	var short []*shortfall
	taken := map[string]int{}
	for _, id := range r.Instances {
		i := r.View.Instance(id)
		if i == nil || i.Cluster != r.Job.Cluster {
			found.fail(structs.PlacementFailure{Instance: id, Reason: structs.FailMissing})
			continue
		}
		if s := a.shortfall(a.with(a.host(i, r.View.Usage(id), peers), taken[id])); s != nil {
			found.fail(s.failure(a))
			short = append(short, s)
			continue
		}
		found.Instances = append(found.Instances, id)
		taken[id]++
	}
	if len(found.Failures) > 0 {
		found.Remedy = cmp.Or(remedy(a, short),
			"a container instance"+a.newInstance()+" in place of "+found.Failures[0].Instance)
	}
	return found
}

// Feasible returns the instances on which a daemon should have a task: those that satisfy status,
// agent and constraints as if none of its tasks were there, regardless of free resources. It uses
// the View, Job, Definition and Share of the request.
func Feasible(r *Request) (list []*structs.ContainerInstance) {
	a := newAsk(r, r.soleProvider())
	a.need, a.distinct, a.others = &structs.Resources{}, false, true
	for i, u := range r.View.Hosts(r.Job.Cluster) {
		if a.fits(a.host(i, u, nil)) {
			list = append(list, i)
		}
	}
	return list
}
