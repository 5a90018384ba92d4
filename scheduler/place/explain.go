package place

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// maxFailures is the maximum number of instances that a plan names as too full. More names would
// help nobody, and each takes space in the log.
const maxFailures = 10

// shortfall describes why an instance cannot take one more task.
type shortfall struct {
	host    *host
	missing [numFilters]int64 // for each rule, in its own unit
	first   int               // the first rule that is not satisfied
	rules   int               // how many rules are not
}

// shortfall applies all filters. It returns nil if the instance takes a task.
func (a *ask) shortfall(h *host) *shortfall {
	s := shortfall{host: h}
	for rule, f := range filters() {
		if s.missing[rule] = f.missing(a, h); s.missing[rule] > 0 {
			if s.rules == 0 {
				s.first = rule
			}
			s.rules++
		}
	}
	if s.rules == 0 {
		return nil
	}
	return &s
}

func (s *shortfall) failure(a *ask) structs.PlacementFailure {
	f := filters()[s.first]
	return structs.PlacementFailure{Instance: s.host.Instance.ID, Reason: f.reason, Detail: f.detail(a, s.host)}
}

// explain adds to a result why no instance takes another task once all are full: how many instances
// each rule excluded, and the closest ones. The closest instance got furthest through the filters,
// and lacks the least there. INACTIVE instances are no longer part of the cluster.
func (found *Result) explain(a *ask, peers map[string]int) {
	taken := map[string]int{}
	for _, id := range found.Instances {
		taken[id]++
	}
	var short []*shortfall
	var counts [numFilters]int
	for i, u := range a.request.View.Hosts(a.request.Job.Cluster) {
		if i.Status == structs.InstanceInactive {
			continue
		}
		if s := a.shortfall(a.with(a.host(i, u, peers), taken[i.ID])); s != nil {
			short = append(short, s)
			counts[s.first]++
		}
	}
	for rule, f := range filters() {
		if counts[rule] > 0 {
			found.Filtered = append(found.Filtered, structs.FilterCount{Reason: f.reason, Instances: counts[rule]})
		}
	}
	slices.SortFunc(short, func(x, y *shortfall) int {
		return cmp.Or(cmp.Compare(y.first, x.first), cmp.Compare(x.missing[x.first], y.missing[y.first]),
			cmp.Compare(x.host.Instance.ID, y.host.Instance.ID))
	})
	for _, s := range short[:min(len(short), maxFailures)] {
		found.Failures = append(found.Failures, s.failure(a))
	}
	if len(short) == 0 {
		found.Failures = []structs.PlacementFailure{{Reason: structs.FailNoInstance}}
	}
	found.Remedy = cmp.Or(remedy(a, short), "one more container instance"+a.newInstance())
}

// fail adds why a named instance takes no task. The first maxFailures are named, in their order.
func (found *Result) fail(f structs.PlacementFailure) {
	if len(found.Failures) < maxFailures {
		found.Failures = append(found.Failures, f)
	}
	i := slices.IndexFunc(found.Filtered, func(c structs.FilterCount) bool { return c.Reason == f.Reason })
	if i < 0 {
		i, found.Filtered = len(found.Filtered), append(found.Filtered, structs.FilterCount{Reason: f.Reason})
	}
	found.Filtered[i].Instances++
}

// LacksRoom reports whether some instance was merely too full, so that preempting a task there
// could help one that found no place.
func (found *Result) LacksRoom() bool {
	for _, f := range found.Filtered {
		if strings.HasPrefix(f.Reason, "RESOURCE:") || f.Reason == structs.FailDistinct {
			return true
		}
	}
	return false
}
