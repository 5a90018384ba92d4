package place

// node is a place that tasks are spread over: one value of an attribute. Below it are the places of
// the next spread or, at a leaf, candidates. The root is the whole cluster.
//
// The next task goes to the place with the fewest tasks of the group and, among equals, to the one
// whose best candidate is better. Instances without the attribute form one place together. Tasks on
// instances that take no more, because they are full or DRAINING, count for their place too. A
// nested spread counts only the tasks of the outer place.
type node struct {
	tasks  int // of the group, on the instances of the place
	values map[string]*node
	below  ranking[*node]
	leaves ranking[*candidate]
	// streams yield further candidates: instances without a task of the group, unless all of them
	// are in leaves.
	streams ranking[*stream]
	counts  map[spot]*int // for spreads that come after another strategy
}

// spot is one value of one attribute.
type spot struct{ attribute, value string }

// leafOf returns the leaf that an instance belongs to, and counts its tasks on the way.
func (n *node) leafOf(h *host, levels []string) *node {
	n.tasks += h.peers
	if len(levels) == 0 {
		return n
	}
	value, _ := h.Attribute(levels[0])
	child := n.values[value]
	if child == nil {
		if n.values == nil {
			n.values = map[string]*node{}
		}
		child = &node{}
		n.values[value] = child
		n.below.items = append(n.below.items, child)
	}
	return child.leafOf(h, levels[1:])
}

// count counts the tasks of an instance that is not a candidate, at those of its places that have
// candidates.
func (n *node) count(h *host, levels []string) {
	n.tasks += h.peers
	for at, tasks := range n.counts {
		if value, _ := h.Attribute(at.attribute); value == at.value {
			*tasks += h.peers
		}
	}
	if len(levels) == 0 {
		return
	}
	value, _ := h.Attribute(levels[0])
	if child := n.values[value]; child != nil {
		child.count(h, levels[1:])
	}
}

// tasksAt returns the counter of the leaf's tasks on instances with the same value of an attribute,
// and adds the tasks of this instance.
func (n *node) tasksAt(h *host, attribute string) *int {
	value, _ := h.Attribute(attribute)
	at := spot{attribute, value}
	if n.counts == nil {
		n.counts = map[spot]*int{}
	}
	if n.counts[at] == nil {
		n.counts[at] = new(int)
	}
	*n.counts[at] += h.peers
	return n.counts[at]
}

func (n *node) empty() bool {
	return len(n.below.items)+len(n.leaves.items)+len(n.streams.items) == 0
}

// best returns the best candidate of a leaf, and reports whether it is the next of the first
// stream.
func (n *node) best() (c *candidate, streamed bool) {
	switch {
	case len(n.streams.items) == 0:
		return n.leaves.items[0], false
	case len(n.leaves.items) == 0 || n.leaves.less(n.streams.items[0].next, n.leaves.items[0]):
		return n.streams.items[0].next, true
	default:
		return n.leaves.items[0], false
	}
}

// build orders everything below the node.
func (n *node) build(s *strategy) {
	n.leaves.less = s.less
	n.leaves.build()
	n.streams.less = func(a, b *stream) bool { return s.less(a.next, b.next) }
	n.streams.build()
	for _, child := range n.below.items {
		child.build(s)
	}
	n.below.less = s.lessNode
	n.below.build()
}

// take assigns a task to the best candidate below and returns it. Only the path to it changes, so
// this takes one step at each level.
func (n *node) take(cs *candidates) *candidate {
	n.tasks++
	if len(n.below.items) > 0 {
		child := n.below.items[0]
		c := child.take(cs)
		if child.empty() {
			n.below.pop()
		} else {
			n.below.fix()
		}
		return c
	}
	c, streamed := n.best()
	cs.give(c)
	switch {
	case streamed:
		n.advance(cs)
		if c.room > 0 {
			n.leaves.push(c)
		}
	case c.room == 0:
		n.leaves.pop()
	default:
		n.leaves.fix()
	}
	if len(c.places) > 0 {
		n.leaves.build() // every candidate of those places has changed its place
	}
	return c
}

// advance moves the first stream to its next candidate.
func (n *node) advance(cs *candidates) {
	if n.streams.items[0].advance(cs) {
		n.streams.fix()
	} else {
		n.streams.pop()
	}
}

// lessNode reports whether the next task goes to place a rather than b.
func (s *strategy) lessNode(a, b *node) bool {
	for {
		switch {
		case a.tasks != b.tasks:
			return a.tasks < b.tasks
		case len(a.below.items) == 0:
			x, _ := a.best()
			y, _ := b.best()
			return s.less(x, y)
		}
		a, b = a.below.items[0], b.below.items[0]
	}
}
