package balancer

// Anomaly mitigation of weighted_random groups (elbv2): targets that fail much more often than the
// others of their group get less traffic until they do not.

// fullShare is the share of a target that is not mitigated.
const fullShare = 1000

// The numbers of mitigation. elbv2 does not say its own, but for the least number of targets.
const (
	leastShare    = 50  // in 1000ths: enough to see that the target is well again
	fewestTargets = 3   // elbv2: with fewer there is no majority to compare with
	fewestAnswers = 10  // of the last second, or else also of those before, see sample
	worseBy       = 0.1 // how much larger than the group's its part of failures must be
)

// sample is what a target answered lately. Balancer.mu guards it.
type sample struct {
	answers, failures uint64 // that were counted before
	// recent are those of the last second if they are enough to judge by. Otherwise those before
	// count as well, each second half of the one after it.
	recent, failed float64
}

// mitigate is called each second. It halves the share of targets that fail more than the others,
// and doubles it again when they do not. Balancer.mu is held.
func (g *group) mitigate() {
	c := g.choice.Load()
	if c == nil {
		return
	}
	s := g.settings.Load()
	active := s.mitigate && s.algorithm == weightedRandom && len(c.targets) >= fewestTargets
	recent, failed := 0.0, 0.0
	for _, t := range c.targets {
		t.sample()
		recent, failed = recent+t.seen.recent, failed+t.seen.failed
	}
	for _, t := range c.targets {
		others := 0.0 // the part of the others' answers that are failures
		if rest := recent - t.seen.recent; rest > 0 {
			others = (failed - t.seen.failed) / rest
		}
		share := t.share.Load()
		if active && t.seen.recent >= fewestAnswers && t.seen.failed/t.seen.recent > others+worseBy {
			t.share.Store(max(share/2, leastShare))
		} else if t.seen.recent >= 1 || !active {
			t.share.Store(min(share*2, fullShare))
		}
	}
}

// sample takes in what the target answered since the last call.
func (t *target) sample() {
	failures := t.status[5].Load() + t.errors.Load()
	answers := t.requests.Load()
	if answers-t.seen.answers >= fewestAnswers {
		t.seen.recent, t.seen.failed = 0, 0
	}
	t.seen.recent = t.seen.recent/2 + float64(answers-t.seen.answers)
	t.seen.failed = t.seen.failed/2 + float64(failures-t.seen.failures)
	t.seen.answers, t.seen.failures = answers, failures
}
