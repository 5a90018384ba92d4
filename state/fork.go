package state

// Fork returns a store of its own that begins with this state. Neither sees what the other changes
// later, and rows that neither changes are shared; so it costs nothing, however much there is.
func (s *Snapshot) Fork() *Store { return storeOf(s) }
