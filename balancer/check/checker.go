package check

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// firstPause is the time after the first check of a new target that failed. It grows to the
// interval, so that a target that begins to answer gets traffic within moments.
const firstPause = 100 * time.Millisecond

// checker checks one target.
type checker struct {
	key    string
	outbox *outbox
	stop   context.CancelFunc

	mu       sync.Mutex
	spec     Spec
	state    string
	reported *structs.TargetReport // the last one; nil: none yet
}

func newChecker(key string, spec Spec, out *outbox) *checker {
	c := &checker{key: key, outbox: out, spec: spec, state: spec.State}
	if c.state != structs.TargetHealthy && c.state != structs.TargetUnhealthy {
		c.state = structs.TargetInitial
	}
	return c
}

// set changes how the target is checked, from the next check on. It returns true: the checker goes
// on with what it knows.
func (c *checker) set(spec Spec) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spec = spec
	return true
}

// again reports the newest state once more.
func (c *checker) again() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reported != nil {
		c.outbox.put(c.key, *c.reported)
	}
}

// run checks until ctx ends.
func (c *checker) run(ctx context.Context) {
	begun := time.Now()
	var passed, failed int32 // in a row
	pause := firstPause
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		spec := c.current()
		v := probe(ctx, &spec, parseRanges(spec.Check.Matcher, spec.GRPC))
		if ctx.Err() != nil {
			return
		}
		if v.pass {
			passed, failed = passed+1, 0
		} else {
			passed, failed = 0, failed+1
		}
		c.judge(spec, v, passed, failed, time.Since(begun))
		timer.Reset(c.pause(spec, v, &pause))
	}
}

func (c *checker) current() Spec {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spec
}

// judge changes the state as elbv2 does, and reports it if it, or its reason, is new. Failures of a
// target that never passed come quickly, so that it is the time that makes it unhealthy: that which
// the threshold's checks take at the interval.
func (c *checker) judge(spec Spec, v verdict, passed, failed int32, since time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	state := c.state
	switch {
	case v.pass && (state == structs.TargetInitial || passed >= spec.Check.Healthy):
		state = structs.TargetHealthy
	case v.pass:
	case state == structs.TargetInitial:
		if since >= time.Duration(max(1, spec.Check.Unhealthy)-1)*spec.interval() {
			state = structs.TargetUnhealthy
		}
	case failed >= spec.Check.Unhealthy:
		state = structs.TargetUnhealthy
	}
	c.state = state
	report := structs.TargetReport{
		TargetGroup: spec.Group, Address: spec.Address, Port: spec.Port, Task: spec.Task, Target: spec.Target, State: state,
	}
	switch {
	case state == structs.TargetInitial:
		return // it is what the servers have
	case state == structs.TargetUnhealthy && v.pass:
		return // on its way to healthy: the reason stays
	case state == structs.TargetUnhealthy:
		report.Reason, report.Description = v.reason, v.description
	}
	if c.reported == nil || *c.reported != report {
		c.reported = &report
		c.outbox.put(c.key, report)
	}
}

// pause returns the time until the next check. It grows while a new target does not pass. A healthy
// target at which nothing listens any more is checked so often that the threshold is reached within
// one interval. Otherwise it is the interval, give or take a tenth, so that the checks of many
// targets do not come together.
func (c *checker) pause(spec Spec, v verdict, growing *time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	interval := spec.interval()
	switch {
	case c.state == structs.TargetInitial:
		now := min(*growing, interval)
		*growing = min(*growing*5/4, interval)
		return now
	case c.state == structs.TargetHealthy && v.absent:
		return interval / time.Duration(max(1, spec.Check.Unhealthy))
	}
	return interval*9/10 + rand.N(interval/5)
}
