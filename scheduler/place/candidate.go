package place

import (
	"encoding/binary"

	"github.com/gantry-project/gantry/scheduler/splitmix"
	"github.com/gantry-project/gantry/structs"
)

// candidate is an instance that takes tasks of a request, with what the strategy compares.
type candidate struct {
	id                  string
	order               int // in which it was taken in
	room                int // tasks that it still takes
	freeMemory, freeCPU int64
	peers               int     // tasks of the group on it
	draw                float64 // when it strikes next (random)
	draws               uint64
	places              []*int // for each byPlace key, the tasks of the group at its place
}

// Candidates are made room for so many at a time.
const minBlock, maxBlock = 32, 256

// candidates are the instances that take tasks of a request, from which the strategy takes one
// after the other.
//
// Where the strategy goes by what is free, most instances are never looked at: state keeps each
// class of like ones in that order (structs.HostClass), and of each class only the next one is a
// candidate until it has taken a task. Only those that have tasks of the group already are not in
// that order, and they are looked at one by one.
type candidates struct {
	ask      *ask
	strategy *strategy
	seed     uint64 // of random
	draws    bool
	at       host        // that is being looked at: one for all, since there may be thousands
	block    []candidate // where the next candidates go; they stay where they are
	count    int
	full     []host // those that take no task, but have some of the group
	root     node
}

func newCandidates(s *strategy, a *ask) *candidates {
	// keeps the draws apart from the task ids, which grow from the same seed
	const ofRandom = 0x72616e646f6d
	seed := a.request.Seed
	return &candidates{
		ask: a, strategy: s, draws: s.has(byDraw),
		seed: splitmix.Mix(binary.BigEndian.Uint64(seed[:8])^ofRandom) ^ binary.BigEndian.Uint64(seed[8:]),
	}
}

// addAll looks at all instances, by rising id: random goes by their number.
func (cs *candidates) addAll(peers map[string]int) {
	for i, u := range cs.ask.request.View.Hosts(cs.ask.request.Job.Cluster) {
		cs.ask.look(&cs.at, i, u, peers)
		cs.add(&cs.at)
	}
}

// addPeers looks at the instances that have tasks of the group. In which order makes no difference.
func (cs *candidates) addPeers(peers map[string]int) {
	r := cs.ask.request
	for id := range peers {
		if i := r.View.Instance(id); i != nil && i.Cluster == r.Job.Cluster {
			cs.ask.look(&cs.at, i, r.View.Usage(id), peers)
			cs.add(&cs.at)
		}
	}
}

// addClasses takes the others in, class by class.
func (cs *candidates) addClasses(peers map[string]int, cpuFirst bool) {
	a := cs.ask
	ofClass, ofInstance := a.partFilters()
	for class := range a.request.View.Classes(a.request.Job.Cluster) {
		like := &host{QuerySubject: structs.QuerySubject{Instance: class.Like(), Usage: &structs.Usage{}}}
		if !a.passes(ofClass, like) {
			continue
		}
		s := &stream{hosts: class.Fullest(a.need, cpuFirst), peers: peers, filters: ofInstance}
		if s.advance(cs) {
			leaf := cs.root.leafOf(like, cs.strategy.levels)
			leaf.streams.items = append(leaf.streams.items, s)
		}
	}
}

// stream gives the instances of a class that take a task and have none of the group, best first.
type stream struct {
	hosts   func() *structs.Host
	peers   map[string]int
	filters []filter   // that each instance is asked for
	next    *candidate // that has taken no task yet
}

// advance makes the next instance the candidate; false when there is none.
func (s *stream) advance(cs *candidates) bool {
	for h := s.hosts(); h != nil; h = s.hosts() {
		if len(s.peers) > 0 && s.peers[h.Instance.ID] > 0 {
			continue
		}
		cs.ask.look(&cs.at, h.Instance, h.Usage, nil)
		if cs.ask.passes(s.filters, &cs.at) {
			s.next = cs.candidate(&cs.at, cs.ask.further(&cs.at, cs.ask.request.Count))
			return true
		}
	}
	s.next = nil
	return false
}

// add takes an instance in. One without room only counts for where others go.
func (cs *candidates) add(h *host) {
	room := cs.ask.room(h, cs.ask.request.Count)
	if room == 0 {
		if h.peers > 0 {
			cs.full = append(cs.full, *h)
		}
		return
	}
	c := cs.candidate(h, room)
	leaf := cs.root.leafOf(h, cs.strategy.levels)
	leaf.leaves.items = append(leaf.leaves.items, c)
	for _, k := range cs.strategy.keys {
		if k.by == byPlace {
			c.places = append(c.places, leaf.tasksAt(h, k.attribute))
		}
	}
	if cs.draws {
		c.random(cs.seed)
	}
}

func (cs *candidates) candidate(h *host, room int) *candidate {
	if len(cs.block) == cap(cs.block) {
		cs.block = make([]candidate, 0, min(maxBlock, max(minBlock, 2*cs.count)))
	}
	cs.block = append(cs.block, candidate{
		id: h.Instance.ID, order: cs.count, room: room, peers: h.peers,
		freeMemory: freeMemory(h.Instance, h.Usage), freeCPU: freeCPU(h.Instance, h.Usage),
	})
	cs.count++
	return &cs.block[len(cs.block)-1]
}

// build brings the candidates in order once all are added.
func (cs *candidates) build() {
	for i := range cs.full {
		cs.root.count(&cs.full[i], cs.strategy.levels)
	}
	cs.root.build(cs.strategy)
}

// take gives the best candidate a task, and gives the candidate; nil when all are full.
func (cs *candidates) take() *candidate {
	if cs.root.empty() {
		return nil
	}
	return cs.root.take(cs)
}

// give gives a candidate a task.
func (cs *candidates) give(c *candidate) {
	c.room--
	c.peers++
	c.hold(cs.ask.need)
	for _, tasks := range c.places {
		*tasks++
	}
	if cs.draws {
		c.random(cs.seed)
	}
}
