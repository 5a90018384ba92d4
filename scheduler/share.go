package scheduler

import (
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// shares is structs.Shares.
func shares(strategy []structs.CapacityProviderStrategyItem, total int) []int {
	return structs.Shares(strategy, total)
}

// sharing is how the tasks of a job are shared out: its strategy, how many there are to be, and how
// many are there already, by capacity provider.
type sharing struct {
	strategy []structs.CapacityProviderStrategyItem
	total    int
	held     map[string]int
	// settled, where not nil, is how many tasks each provider is to have: those that wait have
	// theirs already.
	settled []int
	// short is what the first provider without room asks of an instance; nil where all tasks found
	// a place.
	short *provision
}

// pool are the instances that stand for one capacity provider or more.
type pool struct {
	ask   *provision
	want  []int // by place in the strategy: tasks that the provider lacks of its share
	place placed
}

// place finds places for the tasks of a request, those of each capacity provider among its own
// instances. A task whose provider has no room stays unplaced: another provider gets no more than
// its share (ECS).
func (s *sharing) place(r request) placed {
	limit, have := r.lack.count, 0
	for _, n := range s.held {
		have += n
	}
	pools, found := s.pools(&r), 0
	r.before = map[string]int{}
	for _, p := range pools {
		r.lack.count = min(limit, sum(p.want))
		p.ask.names, r.provider = s.named(p.want), p.ask
		p.place = r.find()
		found += len(p.place.where)
		for _, instance := range p.place.where {
			r.before[instance]++
		}
	}
	var out placed
	// What the providers have of as many tasks as can be comes first; then, where one of them is
	// full, the rest of the others' shares.
	for _, target := range [][]int{s.targets(have + min(limit, found)), s.targets(s.total)} {
		for _, p := range pools {
			limit -= p.take(s, target, limit, &out)
		}
	}
	if limit > 0 {
		s.fallShort(pools, &out)
	}
	return out
}

// targets is how many of total tasks each provider is to have.
func (s *sharing) targets(total int) []int {
	if s.settled != nil {
		return s.settled
	}
	return shares(s.strategy, total)
}

// pools sorts the capacity providers that lack tasks of their share by the instances that stand for
// them.
func (s *sharing) pools(r *request) (pools []*pool) {
	for i, target := range s.targets(s.total) {
		name := s.strategy[i].CapacityProvider
		lacks := target - s.held[name]
		if lacks <= 0 {
			continue
		}
		label := labelOf(r.view, r.job.Cluster, name)
		at := slices.IndexFunc(pools, func(p *pool) bool { return p.ask.label == label })
		if at < 0 {
			at, pools = len(pools), append(pools, &pool{ask: &provision{label: label}, want: make([]int, len(s.strategy))})
		}
		pools[at].want[i] = lacks
	}
	return pools
}

func (s *sharing) named(want []int) (names []string) {
	for i, n := range want {
		if n > 0 {
			names = append(names, s.strategy[i].CapacityProvider)
		}
	}
	return names
}

// take moves up to limit of the places that were found to the outcome, until each provider has its
// target, and tells how many.
func (p *pool) take(s *sharing, target []int, limit int, out *placed) (taken int) {
	for i, want := range p.want {
		name := s.strategy[i].CapacityProvider
		n := min(want, target[i]-s.held[name], len(p.place.where), limit-taken)
		if n <= 0 {
			continue
		}
		out.where = append(out.where, p.place.where[:n]...)
		out.providers = append(out.providers, slices.Repeat([]string{name}, n)...)
		p.place.where = p.place.where[n:]
		p.want[i] -= n
		s.held[name] += n
		taken += n
	}
	return taken
}

// fallShort takes over why the pools that lack room lack it; the first of them stands for all where
// there is one answer.
func (s *sharing) fallShort(pools []*pool, out *placed) {
	for _, p := range pools {
		if len(p.place.failures) == 0 {
			continue
		}
		if s.short == nil {
			s.short, out.filtered, out.remedy = p.ask, p.place.filtered, p.place.remedy
		}
		out.failures = append(out.failures, p.place.failures...)
	}
	out.failures = out.failures[:min(len(out.failures), maxFailures)]
}

// labelOf gives what the instances of a capacity provider name. For FARGATE and FARGATE_SPOT, which
// are nobody's machines, all that name no provider stand in, unless some name it.
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

func sum(list []int) (total int) {
	for _, n := range list {
		total += n
	}
	return total
}
