package place

import (
	"encoding/binary"

	"github.com/gantry-project/gantry/scheduler/splitmix"
	"github.com/gantry-project/gantry/structs"
)

// candidate is an instance that takes tasks of a request, with the values that strategies compare.
type candidate struct {
	id                  string
	order               int // the order in which it was added
	room                int // the number of tasks it still takes
	freeMemory, freeCPU int64
	peers               int     // tasks of the group on it
	draw                float64 // when it strikes next (random)
	draws               uint64
	places              []*int // for each byPlace key, the count of the group's tasks at its place
}

// Candidates are allocated in blocks of these sizes.
const minBlock, maxBlock = 32, 256

// candidates are the instances that take tasks of a request. The strategy picks one after the
// other.
//
// If the strategy orders by free resources, most instances are never looked at. State keeps each
// class of like instances in that order (structs.HostClass), and only the next one of each class is
// a candidate until it has taken a task. Instances that already have tasks of the group do not
// follow that order; they are looked at one by one.
type candidates struct {
	ask      *ask
	strategy *strategy
	seed     uint64 // of random
	draws    bool
	at       host        // the instance being looked at; reused, since there may be thousands
	block    []candidate // memory for the next candidates, which never move
	count    int
	full     []host // instances that take no task but have tasks of the group
	root     node
}

func newCandidates(s *strategy, a *ask) *candidates {
	// keeps the draws independent of the task ids, which come from the same seed
	const ofRandom = 0x72616e646f6d
	seed := a.request.Seed
	return &candidates{
		ask: a, strategy: s, draws: s.has(byDraw),
		seed: splitmix.Mix(binary.BigEndian.Uint64(seed[:8])^ofRandom) ^ binary.BigEndian.Uint64(seed[8:]),
	}
}

// addAll adds all instances in the order of their ids: random depends on that order.
func (cs *candidates) addAll(peers map[string]int) {
	for i, u := range cs.ask.request.View.Hosts(cs.ask.request.Job.Cluster) {
		cs.ask.look(&cs.at, i, u, peers)
		cs.add(&cs.at)
	}
}

// addPeers adds the instances that have tasks of the group. Their order makes no difference.
func (cs *candidates) addPeers(peers map[string]int) {
	r := cs.ask.request
	for id := range peers {
		if i := r.View.Instance(id); i != nil && i.Cluster == r.Job.Cluster {
			cs.ask.look(&cs.at, i, r.View.Usage(id), peers)
			cs.add(&cs.at)
		}
	}
}

// addClasses adds the other instances, class by class.
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

// stream yields the instances of a class that take a task and have none of the group, best first.
type stream struct {
	hosts   func() *structs.Host
	peers   map[string]int
	filters []filter   // asked for each instance
	next    *candidate // which has taken no task yet
}

// advance makes the next instance the candidate, and reports whether there is one.
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

// add adds an instance. One without room only affects where else tasks go.
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

// build puts the candidates in order once all are added.
func (cs *candidates) build() {
	for i := range cs.full {
		cs.root.count(&cs.full[i], cs.strategy.levels)
	}
	cs.root.build(cs.strategy)
}

// take assigns a task to the best candidate and returns it, or nil if all are full.
func (cs *candidates) take() *candidate {
	if cs.root.empty() {
		return nil
	}
	return cs.root.take(cs)
}

// give counts one more task on the candidate.
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
