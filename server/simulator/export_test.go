package simulator

import "github.com/gantry-project/gantry/state"

// Settled returns a state as it is once everything has settled.
func Settled(s *state.Snapshot) *state.Snapshot {
	r := newRun(0, s, 1, nil)
	if _, err := r.untilRest(); err != nil {
		panic(err)
	}
	return r.store.Snapshot()
}
