package scheduler

import (
	"cmp"
	"container/heap"
	"maps"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// balance counts the alive tasks of a service at the places that its strategy spreads them over:
// the values of the first spread's attribute, within each of these the values of the second's, and
// so on down to the instances.
type balance struct {
	view   View
	levels []string
	counts map[string]*int  // by path: the values down to a place, each followed by pathEnd
	sites  map[string]*site // by instance
	// squares holds, for each level, the sum of the squares of the counts. It is smallest if tasks
	// are spread evenly; the first level counts before the second.
	squares []int
}

const pathEnd = "\x00"

// site is an instance as a place for tasks.
type site struct {
	instance, leaf string // leaf is the path at the last level
	// tasks are the counts at each of its places, outermost first, and then on the instance itself.
	tasks []*int
}

// fuller compares how full two sites are. Places that contain both make no difference.
func (a *site) fuller(b *site) int {
	return slices.CompareFunc(a.tasks, b.tasks, func(x, y *int) int { return cmp.Compare(*x, *y) })
}

// betterThan reports whether a task of another site would be better placed here, judged by the
// first depth levels.
func (a *site) betterThan(from *site, depth int) bool {
	for n := range depth {
		if here, there := a.tasks[n], from.tasks[n]; here != there && *here != *there-1 {
			return *here < *there-1
		}
	}
	return false
}

// newBalance counts tasks.
func newBalance(view View, levels []string, tasks []*structs.Task) *balance {
	b := &balance{view: view, levels: levels, counts: map[string]*int{}, sites: map[string]*site{}, squares: make([]int, len(levels)+1)}
	for _, t := range tasks {
		b.add(t.Instance, 1)
	}
	return b
}

func (b *balance) add(instance string, n int) {
	for level, tasks := range b.site(instance).tasks {
		b.squares[level] += n * (2**tasks + n)
		*tasks += n
	}
}

// site returns the site of an instance.
func (b *balance) site(instance string) *site {
	s := b.sites[instance]
	if s == nil {
		s = b.siteAt(b.view.Instance(instance))
		s.instance = instance
		b.sites[instance] = s
	}
	return s
}

// siteAt returns a site without tasks of its own, at the places of an instance or, if the instance
// is gone, at the places without a value.
func (b *balance) siteAt(i *structs.ContainerInstance) *site {
	s := &site{}
	for level := range b.levels {
		s.leaf = b.path(i, level+1)
		if b.counts[s.leaf] == nil {
			b.counts[s.leaf] = new(int)
		}
		s.tasks = append(s.tasks, b.counts[s.leaf])
	}
	s.tasks = append(s.tasks, new(int))
	return s
}

func (b *balance) path(i *structs.ContainerInstance, levels int) (path string) {
	for _, name := range b.levels[:levels] {
		if i != nil {
			value, _ := i.Attribute(name)
			path += value
		}
		path += pathEnd
	}
	return path
}

// open returns the sites whose instances can take tasks. Among sites in the same places without a
// task of the service, one stands for all.
func (b *balance) open(cluster string) []*site {
	var open []*site
	vacant := map[string]bool{}
	for i := range b.view.Instances(cluster) {
		if !i.TakesTasks() {
			continue
		}
		if s := b.sites[i.ID]; s != nil {
			open = append(open, s)
		} else if leaf := b.path(i, len(b.levels)); !vacant[leaf] {
			vacant[leaf] = true
			open = append(open, b.siteAt(i))
		}
	}
	return open
}

// fullest picks up to n tasks one by one, each from the place with the most tasks left, and takes
// them out of the counts.
func (b *balance) fullest(pool []*structs.Task, n int) (chosen []*structs.Task) {
	leaves := b.leaves(pool)
	for range min(n, len(pool)) {
		leaf := slices.MinFunc(leaves, compareLeaves)
		chosen = append(chosen, leaf.pop(b))
	}
	return chosen
}

// leaves groups a pool by instance, and the instances by place.
func (b *balance) leaves(pool []*structs.Task) []*leaf {
	sorted := slices.SortedFunc(slices.Values(pool), func(x, y *structs.Task) int {
		return cmp.Or(cmp.Compare(x.Instance, y.Instance), -compareWaiting(x, y), cmp.Compare(x.CreatedAt, y.CreatedAt), cmp.Compare(y.ID, x.ID))
	})
	leaves := map[string]*leaf{}
	for at := 0; at < len(sorted); {
		p := &pile{site: b.site(sorted[at].Instance)}
		for ; at < len(sorted) && sorted[at].Instance == p.instance; at++ {
			p.pool = append(p.pool, sorted[at])
		}
		l := leaves[p.leaf]
		if l == nil {
			l = &leaf{path: p.leaf}
			leaves[p.leaf] = l
		}
		l.piles = append(l.piles, p)
	}
	list := slices.Collect(maps.Values(leaves))
	for _, l := range list {
		heap.Init(&l.piles)
	}
	slices.SortFunc(list, compareLeaves)
	return list
}

// leaf is the part of a pool in one place of the last level, the fullest instance first.
type leaf struct {
	path  string
	piles piles
}

// compareLeaves puts first the leaf that loses the next task; empty leaves come last.
func compareLeaves(a, b *leaf) int {
	switch x, y := a.piles, b.piles; {
	case len(x) == 0 || len(y) == 0:
		return cmp.Or(cmp.Compare(len(y), len(x)), cmp.Compare(a.path, b.path))
	default:
		x, y := x[0], y[0]
		return cmp.Or(y.fuller(x.site), compareWaiting(x.top(), y.top()), cmp.Compare(a.path, b.path))
	}
}

func (l *leaf) pop(b *balance) *structs.Task {
	p := l.piles[0]
	t := p.top()
	p.pool = p.pool[:len(p.pool)-1]
	b.add(p.instance, -1)
	if len(p.pool) == 0 {
		heap.Pop(&l.piles)
	} else {
		heap.Fix(&l.piles, 0)
	}
	return t
}

// pile is the part of a pool on one instance: the oldest tasks first, those that do not run yet
// last.
type pile struct {
	*site
	pool []*structs.Task
}

func (p *pile) top() *structs.Task { return p.pool[len(p.pool)-1] }

// compare orders the fuller of two piles of a leaf first.
func (p *pile) compare(o *pile) int {
	return cmp.Or(o.fuller(p.site), compareWaiting(p.top(), o.top()), cmp.Compare(p.instance, o.instance))
}

// compareWaiting puts tasks that do not run yet before those that do.
func compareWaiting(a, b *structs.Task) int {
	waits := func(t *structs.Task) int {
		if t.LastStatus < structs.TaskRunning {
			return 0
		}
		return 1
	}
	return cmp.Compare(waits(a), waits(b))
}

// piles is a heap (container/heap) with the fullest pile first.
type piles []*pile

func (s piles) Len() int           { return len(s) }
func (s piles) Less(i, j int) bool { return s[i].compare(s[j]) < 0 }
func (s piles) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *piles) Push(x any)        { *s = append(*s, x.(*pile)) }

func (s *piles) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}
