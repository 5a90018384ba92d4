package state

// Fork gives a store of its own that begins with this state. What either does later the other never
// sees, and rows that neither changes are shared; so it costs nothing, however much there is.
func (s *Snapshot) Fork() *Store {
	fork := New()
	fork.current.Store(s)
	return fork
}
