package simulator

import (
	"fmt"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// Config holds what a simulator needs. The zero value works.
type Config struct {
	// Seed is the source of ids and the random strategy's choices. The same seed results in the
	// same simulation.
	Seed uint64
}

// Simulator is safe for concurrent use.
type Simulator struct{ config Config }

// New returns a simulator.
func New(c Config) *Simulator { return &Simulator{config: c} }

// The bounds of one simulation, so that a service that never settles is not simulated forever.
const (
	// maxEvaluations is the maximum number of evaluations that it decides.
	maxEvaluations = 20_000
	// horizon is how far it looks into the future, in milliseconds: one day.
	horizon = structs.Time(24 * 60 * 60 * 1000)
)

// Simulate returns what would happen if commands were applied to a state at a given time, one after
// the other. It returns the error of a command that is refused. Without commands it returns what
// would happen anyway.
func (s *Simulator) Simulate(snap *state.Snapshot, commands []structs.Command, now structs.Time) (*structs.Simulation, error) {
	r := newRun(s.config.Seed, snap, now, commands)
	for _, cmd := range commands {
		if _, err := r.apply(cmd); err != nil {
			return nil, err
		}
	}
	cut, err := r.untilRest()
	if err != nil {
		return nil, fmt.Errorf("simulate: %w", err)
	}
	out := r.outcome()
	out.Cut = cut
	return out, nil
}

// untilRest continues until nothing is left to do. If it stops before that, it returns why.
func (r *run) untilRest() (cut string, err error) {
	for {
		if err := r.decideAll(); err != nil {
			return "", err
		}
		if r.decided >= maxEvaluations {
			return fmt.Sprintf("it had not come to rest after %d evaluations", r.decided), nil
		}
		acted, err := r.letAgentsAct()
		if err != nil {
			return "", err
		}
		if acted {
			continue
		}
		next, ok := r.queue.nextDue()
		switch {
		case !ok:
			return "", nil
		case next > r.began+horizon:
			return "something is to be decided more than a day from now", nil
		}
		r.now = max(r.now, next)
	}
}
