package scheduler

import (
	"slices"

	"github.com/gantry-project/gantry/scheduler/place"
	"github.com/gantry-project/gantry/structs"
)

// share returns how new tasks are divided among capacity providers, given the existing tasks of the
// same revision.
func (l *look) share(strategy []structs.CapacityProviderStrategyItem, own *ranks) *place.Share {
	if len(strategy) == 0 {
		return nil
	}
	return &place.Share{Strategy: strategy, Total: l.count, Held: perProvider(own)}
}

// capacityOf returns the capacity provider strategy of a deployment.
func (l *look) capacityOf(d *structs.Deployment) []structs.CapacityProviderStrategyItem {
	if d.ID != l.primary.ID {
		if job := l.in.View.JobVersion(l.job.ID, d.JobVersion); job != nil {
			return job.Strategy()
		}
	}
	return l.job.Strategy()
}

// releaseCurrent is releaseShares for the primary's tasks.
func (s *service) releaseCurrent(pool *[]*structs.Task, n int) (stopped int) {
	return s.releaseShares(pool, n, s.job.Strategy(), &s.fleet.current)
}

// releaseShares stops up to n tasks of a revision like release, but with a capacity provider
// strategy it takes them from the providers that have more than their share of the revision's
// tasks.
func (s *service) releaseShares(pool *[]*structs.Task, n int, strategy []structs.CapacityProviderStrategyItem, own *ranks) (stopped int) {
	if len(strategy) == 0 {
		return s.release(pool, n)
	}
	held := perProvider(own)
	for i, share := range structs.Shares(strategy, s.count) {
		name := strategy[i].CapacityProvider
		stopped += s.releaseOf(pool, name, min(held[name]-share, n-stopped))
	}
	return stopped
}

// releaseOf stops up to n tasks of one capacity provider.
func (s *service) releaseOf(pool *[]*structs.Task, provider string, n int) int {
	var of []*structs.Task
	for _, t := range *pool {
		if t.CapacityProvider == provider {
			of = append(of, t)
		}
	}
	stopped := s.release(&of, n)
	*pool = slices.DeleteFunc(*pool, func(t *structs.Task) bool { return s.fleet.leaving[t.ID] })
	return stopped
}

// perProvider counts the tasks of a revision by their capacity provider.
func perProvider(own *ranks) map[string]int {
	held := map[string]int{}
	for _, t := range slices.Concat(own.healthy, own.fresh, own.unready) {
		held[t.CapacityProvider]++
	}
	return held
}

// soleProvider returns the capacity provider of all new tasks of the service; empty if there is
// none, or more than one.
func (l *look) soleProvider() string {
	if len(l.job.Strategy()) != 1 {
		return ""
	}
	return l.job.Strategy()[0].CapacityProvider
}
