package state

// Fork returns a separate store that begins with this state. Neither sees later changes of the
// other. They share the rows that neither changes, so a fork costs nothing, however large the state
// is.
func (s *Snapshot) Fork() *Store { return storeOf(s) }
