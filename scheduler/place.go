package scheduler

import (
	"cmp"

	"github.com/gantry-project/gantry/structs"
)

// request is what place and feasible are asked for.
type request struct {
	view       View
	job        *structs.Job
	definition *structs.TaskDefinition
	need       *structs.Resources
	lack       lack
	seed       [16]byte
	// leaving are the ids of tasks that this plan stops or that are on their way out: they hold
	// their resources still, and do not count for spread, distinctInstance and task:group.
	leaving map[string]bool
	// placer, where not nil, is asked where tasks go that name no instances.
	placer Placer
	// sharing says how the tasks go to capacity providers; nil for a job without a capacity
	// provider strategy.
	sharing *sharing
	// provider and before are of one provider's share: what its instances are, and how many tasks
	// of the other providers' shares this plan has put on each instance. No instance takes tasks of
	// two shares.
	provider *provision
	before   map[string]int
}

// placed is what came of it: an instance for each task that found a place and, with tasks left
// over, why they found none.
type placed struct {
	where []string
	// of each of them; nil without a capacity provider strategy
	providers []string
	failures  []structs.PlacementFailure // the closest instances
	filtered  []structs.FilterCount      // all instances, by reason
	remedy    string                     // the smallest change that would let one more task run
}

// place finds an instance for each task that is lacking.
func place(r request) placed {
	switch {
	case r.lack.count == 0:
		return placed{}
	case r.lack.named != nil:
		return placeNamed(&r)
	default:
		return placeAnywhere(&r)
	}
}

// placeAnywhere gives each task the best instance that has room, as the job's strategy orders them.
//
// All tasks of a request are alike, and what one of them does to an instance is known beforehand.
// So each instance is looked at once, for how many it takes (room); after that only the order has
// to be kept up.
func placeAnywhere(r *request) placed {
	a := newAsk(r)
	s := strategyOf(r.job)
	peers := a.peers(s.countsPeers() || a.distinct)
	from := newCandidates(&s, a)
	if byFree, cpuFirst := s.byFree(); byFree {
		from.addPeers(peers)
		from.addClasses(peers, cpuFirst)
	} else {
		from.addAll(peers)
	}
	from.build()
	p := placed{where: make([]string, 0, r.lack.count)}
	for len(p.where) < r.lack.count {
		c := from.take()
		if c == nil {
			p.explain(a, peers)
			break
		}
		p.where = append(p.where, c.id)
	}
	return p
}

// placeNamed puts one task on each named instance. Each that does not take it is a failure of its
// own. Strategies do not matter then. Constraints do: those of a task definition say what its tasks
// need to run at all (StartTask has none of its own; what a daemon's service asks for, every
// instance was chosen by).
func placeNamed(r *request) placed {
	var p placed
	a := newAsk(r)
	peers := a.peers(a.distinct)
	var short []*shortfall
	taken := map[string]int{}
	for _, id := range r.lack.named {
		i := r.view.Instance(id)
		if i == nil || i.Cluster != r.job.Cluster {
			p.fail(structs.PlacementFailure{Instance: id, Reason: structs.FailMissing})
			continue
		}
		if s := a.shortfall(a.with(a.host(i, r.view.Usage(id), peers), taken[id])); s != nil {
			p.fail(s.failure(a))
			short = append(short, s)
			continue
		}
		p.where = append(p.where, id)
		taken[id]++
	}
	if len(p.failures) > 0 {
		p.remedy = cmp.Or(remedy(a, short), "a container instance"+a.newInstance()+" in place of "+p.failures[0].Instance)
	}
	return p
}

// feasible gives the instances that a daemon is to have a task on: those that satisfy status, agent
// and constraints as if none of its tasks were there, whatever is free on them.
func feasible(r request) (list []*structs.ContainerInstance) {
	r.need = &structs.Resources{}
	a := newAsk(&r)
	a.distinct, a.others = false, true
	for i, u := range r.view.Hosts(r.job.Cluster) {
		if a.fits(a.host(i, u, nil)) {
			list = append(list, i)
		}
	}
	return list
}
