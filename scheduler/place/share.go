package place

import (
	"iter"
	"maps"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// Share describes how the tasks of a job are divided among capacity providers.
type Share struct {
	Strategy []structs.CapacityProviderStrategyItem
	// Total is how many tasks the job should have.
	Total int
	// Held is how many it already has, by capacity provider.
	Held map[string]int
	// Settled, if not nil, is how many tasks each provider of the strategy should have, regardless
	// of Total: waiting tasks already have their providers.
	Settled []int
}

// sharing is the state of dividing one request.
type sharing struct {
	*Share
	held map[string]int // Held, plus the tasks placed since
}

// pool is a set of instances that serves one or more capacity providers.
type pool struct {
	ask   *provision
	want  []int // by index in the strategy: how many tasks of its share the provider lacks
	found Result
}

// find finds places for the tasks of a request, for each capacity provider among its own instances.
// A task whose provider has no room stays unplaced: other providers get no more than their share
// (ECS).
func (share *Share) find(r *Request) Result {
	s := &sharing{Share: share, held: map[string]int{}}
	maps.Copy(s.held, share.Held)
	limit, have, found := r.Count, sum(maps.Values(s.held)), 0
	pools := s.pools(r)
	// No instance takes tasks of two pools.
	before := map[string]int{}
	for _, p := range pools {
		part := *r
		part.Count = min(limit, sum(slices.Values(p.want)))
		p.ask.names = s.named(p.want)
		a := newAsk(&part, p.ask)
		a.before = before
		p.found = a.find()
		found += len(p.found.Instances)
		for _, instance := range p.found.Instances {
			before[instance]++
		}
	}
	var out Result
	// First come the shares of the tasks that found a place; then, if a provider is full, the rest
	// of the others' shares.
	for _, target := range [][]int{s.targets(have + min(limit, found)), s.targets(s.Total)} {
		for _, p := range pools {
			limit -= p.take(s, target, limit, &out)
		}
	}
	if limit > 0 {
		out.fallShort(pools)
	}
	return out
}

// targets returns how many of total tasks each provider should have.
func (s *sharing) targets(total int) []int {
	if s.Settled != nil {
		return s.Settled
	}
	return structs.Shares(s.Strategy, total)
}

// pools groups the capacity providers that lack tasks of their share by the instances that serve
// them.
func (s *sharing) pools(r *Request) (pools []*pool) {
	for i, target := range s.targets(s.Total) {
		name := s.Strategy[i].CapacityProvider
		lacks := target - s.held[name]
		if lacks <= 0 {
			continue
		}
		label := labelOf(r.View, r.Job.Cluster, name)
		at := slices.IndexFunc(pools, func(p *pool) bool { return p.ask.label == label })
		if at < 0 {
			at = len(pools)
			pools = append(pools, &pool{ask: &provision{label: label}, want: make([]int, len(s.Strategy))})
		}
		pools[at].want[i] = lacks
	}
	return pools
}

func (s *sharing) named(want []int) (names []string) {
	for i, n := range want {
		if n > 0 {
			names = append(names, s.Strategy[i].CapacityProvider)
		}
	}
	return names
}

// take moves up to limit of the found places to the result, until each provider has its target, and
// returns how many.
func (p *pool) take(s *sharing, target []int, limit int, out *Result) (taken int) {
	for i, want := range p.want {
		name := s.Strategy[i].CapacityProvider
		n := min(want, target[i]-s.held[name], len(p.found.Instances), limit-taken)
		if n <= 0 {
			continue
		}
		out.Instances = append(out.Instances, p.found.Instances[:n]...)
		out.Providers = append(out.Providers, slices.Repeat([]string{name}, n)...)
		p.found.Instances = p.found.Instances[n:]
		p.want[i] -= n
		s.held[name] += n
		taken += n
	}
	return taken
}

// fallShort adds the reasons of the pools that lack room. The first of them stands for all where
// only one answer is possible.
func (found *Result) fallShort(pools []*pool) {
	for _, p := range pools {
		if len(p.found.Failures) == 0 {
			continue
		}
		if found.full == nil {
			found.full, found.Filtered, found.Remedy = p.ask, p.found.Filtered, p.found.Remedy
		}
		found.Failures = append(found.Failures, p.found.Failures...)
	}
	found.Failures = found.Failures[:min(len(found.Failures), maxFailures)]
}

// soleProvider returns what the only capacity provider of all tasks requires of an instance; nil if
// there is none, or more than one.
func (r *Request) soleProvider() *provision {
	if r.Share == nil || len(r.Share.Strategy) != 1 {
		return nil
	}
	name := r.Share.Strategy[0].CapacityProvider
	return &provision{label: labelOf(r.View, r.Job.Cluster, name), names: []string{name}}
}

// labelOf returns the capacity provider that the instances for a given one name. For FARGATE and
// FARGATE_SPOT, which have no machines, the instances without a provider stand in, unless some
// instances name it.
func labelOf(view View, cluster, provider string) string {
	if !structs.IsFargate(provider) {
		return provider
	}
	for class := range view.Classes(cluster) {
		if i := class.Like(); i.CapacityProvider == provider && i.Status != structs.InstanceInactive {
			return provider
		}
	}
	return ""
}

func sum(numbers iter.Seq[int]) (total int) {
	for n := range numbers {
		total += n
	}
	return total
}
