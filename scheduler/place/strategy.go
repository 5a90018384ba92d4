package place

import (
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// strategy is the order in which instances are picked. The strategies of a job apply one after the
// other: a later one decides among instances that are equal by the earlier ones.
type strategy struct {
	// levels are the attributes of the leading spreads: the tree of places has a level for each.
	levels []string
	keys   []key // the keys that decide among the instances of one place, in this order
}

// key is one value by which candidates are compared; the lowest is best.
type key struct {
	by        keyKind
	attribute string // the attribute of byPlace
}

type keyKind uint8

const (
	byMemory keyKind = iota // free memory, ascending (binpack)
	byCPU
	byPeers // tasks of the group on the instance: spread over instances
	byDraw  // random
	// tasks of the group by the value of an attribute, for a spread that comes after another
	// strategy
	byPlace
)

// strategyOf returns a job's strategy. A service without one is spread over zones (ECS). After its
// own strategies, tasks of a service are kept apart (ECS's service scheduler prefers the instance
// with the fewest of them). Finally, as without any strategy, the best fit is picked: the least
// free memory, then the least free CPU, then the first by id.
func strategyOf(job *structs.Job) strategy {
	var s strategy
	for _, p := range job.PlacementStrategy {
		s.then(p)
	}
	if job.Type != structs.JobBatch {
		if len(job.PlacementStrategy) == 0 {
			s.then(structs.PlacementStrategy{Type: structs.StrategySpread, Field: "attribute:" + structs.AttributeZone})
		}
		s.keys = append(s.keys, key{by: byPeers})
	}
	s.keys = append(s.keys, key{by: byMemory}, key{by: byCPU})
	return s
}

// SpreadLevels returns the attributes over whose values the tasks of a job are spread, the
// outermost first, and reports whether they are spread over instances next.
func SpreadLevels(job *structs.Job) (attributes []string, instances bool) {
	s := strategyOf(job)
	return s.levels, s.keys[0].by == byPeers
}

// then adds one strategy of a job. A repeated spread has no effect.
func (s *strategy) then(p structs.PlacementStrategy) {
	attribute, _ := p.ByAttribute()
	switch {
	case attribute != "" && (slices.Contains(s.levels, attribute) || slices.Contains(s.keys, key{by: byPlace, attribute: attribute})):
	case p.Type == structs.StrategyRandom:
		s.keys = append(s.keys, key{by: byDraw})
	case p.Type == structs.StrategyBinpack && p.By("cpu"):
		s.keys = append(s.keys, key{by: byCPU})
	case p.Type == structs.StrategyBinpack:
		s.keys = append(s.keys, key{by: byMemory})
	case p.ByInstance():
		s.keys = append(s.keys, key{by: byPeers})
	case len(s.keys) == 0:
		s.levels = append(s.levels, attribute)
	default:
		s.keys = append(s.keys, key{by: byPlace, attribute: attribute})
	}
}

// countsPeers reports whether it matters where tasks of the group already are.
func (s *strategy) countsPeers() bool {
	return len(s.levels) > 0 || s.has(byPeers) || s.has(byPlace)
}

func (s *strategy) has(by keyKind) bool {
	return slices.ContainsFunc(s.keys, func(k key) bool { return k.by == by })
}

// byFree reports whether instances without a task of the group are ordered by what is free on them,
// and whether CPU comes before memory. A random strategy, or a spread after another strategy,
// orders them differently.
func (s *strategy) byFree() (ordered, cpuFirst bool) {
	first := slices.IndexFunc(s.keys, func(k key) bool { return k.by == byMemory || k.by == byCPU })
	return !s.has(byDraw) && !s.has(byPlace), s.keys[first].by == byCPU
}

// less reports whether candidate a is better than b. The id breaks ties.
func (s *strategy) less(a, b *candidate) bool {
	place := 0
	for _, k := range s.keys {
		switch k.by {
		case byMemory:
			if a.freeMemory != b.freeMemory {
				return a.freeMemory < b.freeMemory
			}
		case byCPU:
			if a.freeCPU != b.freeCPU {
				return a.freeCPU < b.freeCPU
			}
		case byPeers:
			if a.peers != b.peers {
				return a.peers < b.peers
			}
		case byDraw:
			if a.draw != b.draw {
				return a.draw < b.draw
			}
		case byPlace:
			if x, y := *a.places[place], *b.places[place]; x != y {
				return x < y
			}
			place++
		}
	}
	return a.id < b.id
}
