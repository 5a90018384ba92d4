package logs

import "container/heap"

// merging has the next event of each of several sources, and yields the first of all in time. Of
// events with the same time it keeps the order in which sources were pushed.
type merging struct {
	backward bool
	heads    []head
	pushed   int
}

type head struct {
	*event
	from  source
	nth   int // of the source
	taken *stream
}

// push adds a source, unless it has nothing.
func (m *merging) push(s source) error {
	e, err := s.peek()
	if err != nil || e == nil {
		return err
	}
	m.pushed++
	h := head{event: e, from: s, nth: m.pushed}
	switch of := s.(type) {
	case *cursor:
		h.taken = of.s
	case *backward:
		h.taken = of.s
	}
	heap.Push(m, h)
	return nil
}

// first returns the first event and its stream, or nil.
func (m *merging) first() (*event, *stream) {
	if len(m.heads) == 0 {
		return nil, nil
	}
	return m.heads[0].event, m.heads[0].taken
}

// next takes the first event.
func (m *merging) next() error {
	h := &m.heads[0]
	h.from.pop()
	e, err := h.from.peek()
	if err != nil {
		return err
	}
	if e == nil {
		heap.Pop(m)
		return nil
	}
	h.event = e
	if len(m.heads) > 1 {
		heap.Fix(m, 0)
	}
	return nil
}

func (m *merging) Len() int { return len(m.heads) }

func (m *merging) Less(i, j int) bool {
	a, b := &m.heads[i], &m.heads[j]
	if a.time.Equal(b.time) {
		return a.nth < b.nth
	}
	return a.time.Before(b.time) != m.backward
}

func (m *merging) Swap(i, j int) { m.heads[i], m.heads[j] = m.heads[j], m.heads[i] }

// Push is for package heap.
func (m *merging) Push(x any) { m.heads = append(m.heads, x.(head)) }

// Pop is for package heap.
func (m *merging) Pop() any {
	last := m.heads[len(m.heads)-1]
	m.heads = m.heads[:len(m.heads)-1]
	return last
}
