package scheduler

import (
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// shares says how many of total tasks each capacity provider of a strategy gets: first the base, then by weight. It is the quota
// method of Balinski and Young: each share is its exact proportion, rounded up or down, and none shrinks when the total
// grows. So a service can grow and shrink one task at a time without ever being off by a whole one.
func shares(strategy []structs.CapacityProviderStrategyItem, total int) []int {
	counts := make([]int, len(strategy))
	for i, item := range strategy {
		counts[i] = min(int(item.Base), total) // at most one has a base
		total -= counts[i]
	}
	weights, sum := weightsOf(strategy)
	for i, w := range weights {
		counts[i] += total / sum * w
	}
	given := make([]int, len(strategy)) // of what is left over by whole rounds
	for n := 1; n <= total%sum; n++ {
		next := -1
		for i, w := range weights {
			below := given[i]*sum < w*n // one more is not above its proportion rounded up
			if below && (next < 0 || w*(given[next]+1) > weights[next]*(given[i]+1)) {
				next = i
			}
		}
		given[next]++
		counts[next]++
	}
	return counts
}

// weightsOf gives the weights by their greatest common divisor, and their sum. A capacity provider that is alone needs none.
func weightsOf(strategy []structs.CapacityProviderStrategyItem) (weights []int, sum int) {
	divisor := 0
	for _, item := range strategy {
		for a := int(item.Weight); a > 0; {
			divisor, a = a, divisor%a
		}
		weights = append(weights, int(item.Weight))
	}
	for i := range weights {
		weights[i] /= max(divisor, 1)
		sum += weights[i]
	}
	if sum == 0 {
		weights[0], sum = 1, 1
	}
	return weights, sum
}

// sharing is how the tasks of a job are shared out: its strategy, how many there are to be, and how many are there already,
// by capacity provider.
type sharing struct {
	strategy []structs.CapacityProviderStrategyItem
	total    int
	held     map[string]int
	// short is what the first provider without room asks of an instance; nil where all tasks found a place.
	short *provision
}

// pool are the instances that stand for one capacity provider or more.
type pool struct {
	ask   *provision
	want  []int // by place in the strategy: tasks that the provider lacks of its share
	place placed
}

// place finds places for the tasks of a request, those of each capacity provider among its own instances. A task whose
// provider has no room stays unplaced: another provider gets no more than its share (ECS).
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
	// What the providers have of as many tasks as can be comes first; then, where one of them is full, the rest of the others' shares.
	for _, target := range [][]int{shares(s.strategy, have+min(limit, found)), shares(s.strategy, s.total)} {
		for _, p := range pools {
			limit -= p.take(s, target, limit, &out)
		}
	}
	if limit > 0 {
		s.fallShort(pools, &out)
	}
	return out
}

// pools sorts the capacity providers that lack tasks of their share by the instances that stand for them.
func (s *sharing) pools(r *request) (pools []*pool) {
	for i, target := range shares(s.strategy, s.total) {
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

// take moves up to limit of the places that were found to the outcome, until each provider has its target, and tells how many.
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

// fallShort takes over why the pools that lack room lack it; the first of them stands for all where there is one answer.
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

// labelOf gives what the instances of a capacity provider name. For FARGATE and FARGATE_SPOT, which are nobody's machines, all
// that name no provider stand in, unless some name it.
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
