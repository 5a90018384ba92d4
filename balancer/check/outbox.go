package check

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// Report sends reports to the servers.
type Report func(ctx context.Context, reports []structs.TargetReport) error

// gather is how long reports wait for others, so that the targets of a deployment make few
// commands.
const gather = 10 * time.Millisecond

// mostReports is how many reports one call sends.
const mostReports = 1000

// outbox keeps the newest report of each target until it is accepted.
type outbox struct {
	send Report
	news chan struct{} // capacity 1

	mu      sync.Mutex
	pending map[string]structs.TargetReport // by key of the target
}

// put adds a report, in place of an older one of the same target.
func (o *outbox) put(key string, r structs.TargetReport) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.pending == nil {
		o.pending = map[string]structs.TargetReport{}
	}
	o.pending[key] = r
	select {
	case o.news <- struct{}{}:
	default:
	}
}

// forget drops the report of a target that is not checked here any more.
func (o *outbox) forget(key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.pending, key)
}

// run sends reports until ctx ends. Those that fail are sent again, with what came meanwhile.
func (o *outbox) run(ctx context.Context) {
	pause := gather
	for sleep(ctx, 0) {
		select {
		case <-o.news:
		case <-ctx.Done():
			return
		}
		for sleep(ctx, pause) {
			batch := o.take()
			if len(batch) == 0 {
				break
			}
			if err := o.send(ctx, slices.Collect(maps.Values(batch))); err != nil {
				o.putBack(batch)
				pause = min(2*max(pause, 50*time.Millisecond), 2*time.Second)
				continue
			}
			pause = gather
		}
	}
}

func (o *outbox) take() map[string]structs.TargetReport {
	o.mu.Lock()
	defer o.mu.Unlock()
	batch := map[string]structs.TargetReport{}
	for key, r := range o.pending {
		if len(batch) == mostReports {
			break
		}
		batch[key] = r
		delete(o.pending, key)
	}
	return batch
}

// putBack keeps reports that were not accepted, unless there are newer ones.
func (o *outbox) putBack(batch map[string]structs.TargetReport) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for key, r := range batch {
		if _, newer := o.pending[key]; !newer {
			o.pending[key] = r
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	if d == 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
