package balancer

import (
	"hash/fnv"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// choice is what targets of a group are chosen from. It never changes: a frame makes a new one.
type choice struct {
	targets []*target // those that may get new requests
	// ends are the weights added up; nil: all are the same.
	ends     []float64
	byCookie map[string]*target // nil without stickiness
}

// newChoice finds the targets that may get new requests: the healthy ones, or all but those that
// drain if fewer are healthy than the group's attributes say (elbv2: fail open).
func newChoice(g *group) *choice {
	c := &choice{}
	healthy, all := 0, 0
	for _, t := range g.targets {
		switch t.spec.Load().State {
		case structs.TargetHealthy:
			healthy++
			all++
		case structs.TargetDraining:
		default:
			all++
		}
	}
	settings := g.settings.Load()
	open := healthy < settings.least || float64(healthy) < settings.leastPart*float64(all)
	total, same := 0.0, true
	for _, key := range g.order {
		t := g.targets[key]
		s := t.spec.Load()
		if s.State == structs.TargetDraining || s.Weight <= 0 || !open && s.State != structs.TargetHealthy {
			continue
		}
		same = same && (len(c.targets) == 0 || s.Weight == c.targets[0].spec.Load().Weight)
		total += s.Weight
		c.targets, c.ends = append(c.targets, t), append(c.ends, total)
	}
	if same {
		c.ends = nil
	}
	if settings.sticky == stickyBalancer || settings.sticky == stickyApp {
		c.byCookie = make(map[string]*target, len(c.targets))
		for _, t := range c.targets {
			c.byCookie[t.cookie] = t
		}
	}
	return c
}

// golden spreads the turns of a group over its weights: however they are, the next turns are far
// apart, and any stretch of turns divides by the weights.
const golden = 0x9E3779B97F4A7C15

// at returns the target whose turn it is.
func (c *choice) at(turn uint64) *target {
	if c.ends == nil {
		return c.targets[turn%uint64(len(c.targets))]
	}
	point := float64(turn*golden>>11) / (1 << 53) * c.ends[len(c.ends)-1]
	return c.targets[min(sort.SearchFloat64s(c.ends, math.Nextafter(point, math.Inf(1))), len(c.targets)-1)]
}

// pick chooses a target and counts a request as open on it. It returns nil if there is none besides
// those that were tried. A target that refused connections a moment ago is only taken if there is
// no other.
func (g *group) pick(tried []*target) *target {
	for {
		c := g.choice.Load()
		if c == nil || len(c.targets) == 0 {
			return nil
		}
		t := g.choose(c, tried, time.Now().UnixNano())
		if t == nil || t.begin() {
			return t
		}
		if g.choice.Load() == c { // it drains, and the new choice is about to come
			tried = append(slices.Clone(tried), t)
		}
	}
}

// turns is how many targets are tried by their turn, until the first that fits is taken.
const turns = 8

func (g *group) choose(c *choice, tried []*target, now int64) *target {
	fits := func(t *target) bool { return !slices.Contains(tried, t) && !t.avoided(now) }
	if g.settings.Load().algorithm == leastOutstanding {
		if t := g.least(c, fits, now); t != nil {
			return t
		}
	} else {
		for range turns {
			if t := c.at(g.turn.Add(1)); fits(t) && t.takes(now) {
				return t
			}
		}
	}
	start := int(g.turn.Add(1) % uint64(len(c.targets)))
	var last *target
	for i := range c.targets {
		switch t := c.targets[(start+i)%len(c.targets)]; {
		case fits(t):
			return t
		case last == nil && !slices.Contains(tried, t):
			last = t
		}
	}
	return last
}

// least returns the target with the fewest open requests for its weight; those that have the same
// take turns.
func (g *group) least(c *choice, fits func(*target) bool, now int64) (best *target) {
	start, low := int(g.turn.Add(1)%uint64(len(c.targets))), math.Inf(1)
	for i := range c.targets {
		t := c.targets[(start+i)%len(c.targets)]
		if !fits(t) {
			continue
		}
		// The one that comes counts: without it, all targets without any request would be alike.
		if load := float64(t.Open.Load()+1) / (t.spec.Load().Weight * t.part(now)); load < low {
			best, low = t, load
		}
	}
	return best
}

// bySource returns the target that all connections of a client's address go to, and counts one as
// open on it. When targets come or go, only clients of these move.
func (g *group) bySource(client string, tried []*target) *target {
	c := g.choice.Load()
	if c == nil {
		return nil
	}
	now := time.Now().UnixNano()
	var best *target
	var high uint64
	for _, t := range c.targets {
		h := fnv.New64a()
		h.Write([]byte(client))
		h.Write([]byte(t.cookie))
		if score := mix(h.Sum64()); (best == nil || score > high) && !slices.Contains(tried, t) && !t.avoided(now) {
			best, high = t, score
		}
	}
	if best == nil || !best.begin() {
		return g.pick(tried)
	}
	return best
}

// mix spreads the bits of a hash.
func mix(x uint64) uint64 {
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	return x ^ x>>33
}
