package scheduler

import (
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// candidate is an instance that tasks may go to.
type candidate struct {
	instance *structs.ContainerInstance
	usage    *structs.Usage
	room     int // tasks that it takes
}

// place finds an instance for each task that is lacking. where names one for each that found a place; the failures say why
// the rest did not.
func place(view View, cluster string, lack lack, need *structs.Resources) (where []string, failures []structs.PlacementFailure) {
	switch {
	case lack.count == 0:
		return nil, nil
	case lack.named != nil:
		return placeNamed(view, cluster, lack.named, need)
	default:
		return placeAnywhere(view, cluster, lack.count, need)
	}
}

// placeAnywhere fills the best instance, then the next best, until all tasks have a place or every instance is full.
func placeAnywhere(view View, cluster string, count int, need *structs.Resources) (where []string, failures []structs.PlacementFailure) {
	all := candidates(view, cluster, need)
	open := slices.DeleteFunc(slices.Clone(all), func(c candidate) bool { return c.room == 0 })
	slices.SortFunc(open, binpack)
	for _, c := range open {
		for range min(c.room, count-len(where)) {
			where = append(where, c.instance.ID)
		}
	}
	if len(where) < count {
		failures = explain(all, need)
	}
	return where, failures
}

// candidates are the instances of a cluster. INACTIVE ones are no longer part of it.
func candidates(view View, cluster string, need *structs.Resources) (all []candidate) {
	for i := range view.Instances(cluster) {
		if i.Status != structs.InstanceInactive {
			u := view.Usage(i.ID)
			all = append(all, candidate{instance: i, usage: u, room: Room(i, u, need)})
		}
	}
	return all
}

// placeNamed puts one task on each named instance. Each that does not take it is a failure of its own.
func placeNamed(view View, cluster string, named []string, need *structs.Resources) (where []string, failures []structs.PlacementFailure) {
	taken := map[string]int{}
	for _, id := range named {
		i := view.Instance(id)
		if i == nil || i.Cluster != cluster {
			failures = append(failures, structs.PlacementFailure{Instance: id, Reason: structs.FailMissing})
		} else if r := check(i, holding(view.Usage(id), need, taken[id]), need); r != nil {
			failures = append(failures, structs.PlacementFailure{Instance: id, Reason: r.reason})
		} else {
			where = append(where, id)
			taken[id]++
		}
	}
	return where, failures
}
