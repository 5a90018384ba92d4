package scheduler

import (
	"encoding/binary"

	"github.com/gantry-project/gantry/structs"
)

// candidate is an instance that takes tasks of a request, with what the strategy compares.
type candidate struct {
	id                  string
	order               int // among the candidates, by rising id
	room                int // tasks that it still takes
	freeMemory, freeCPU int64
	peers               int     // tasks of the group on it
	draw                float64 // when it strikes next (random)
	draws               uint64
	places              []*int // for each byPlace key, the tasks of the group at its place
}

// blockSize is how many candidates are made room for at a time.
const blockSize = 256

// candidates are the instances that take tasks of a request, from which the strategy takes one after the other.
type candidates struct {
	strategy *strategy
	need     *structs.Resources
	seed     uint64 // of random
	draws    bool
	block    []candidate // where the next candidates go; they stay where they are
	count    int
	full     []host // those that take no task, but have some of the group
	root     node
}

func newCandidates(s *strategy, need *structs.Resources, seed [16]byte) *candidates {
	const ofRandom = 0x72616e646f6d // keeps the draws apart from the task ids, which grow from the same seed
	return &candidates{
		strategy: s, need: need, draws: s.has(byDraw),
		seed: mix(binary.BigEndian.Uint64(seed[:8])^ofRandom) ^ binary.BigEndian.Uint64(seed[8:]),
	}
}

// add takes an instance in, by rising id. One without room only counts for where others go.
func (cs *candidates) add(h *host, room int) {
	if room == 0 {
		if h.peers > 0 {
			cs.full = append(cs.full, *h)
		}
		return
	}
	if len(cs.block) == cap(cs.block) {
		cs.block = make([]candidate, 0, blockSize)
	}
	cs.block = append(cs.block, candidate{
		id: h.Instance.ID, order: cs.count, room: room, peers: h.peers,
		freeMemory: freeMemory(h.Instance, h.Usage), freeCPU: freeCPU(h.Instance, h.Usage),
	})
	cs.count++
	c := &cs.block[len(cs.block)-1]
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
	c.hold(cs.need)
	for _, tasks := range c.places {
		*tasks++
	}
	if cs.draws {
		c.random(cs.seed)
	}
}
