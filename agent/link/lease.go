package link

import (
	"sync"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// leaseMargin is how long before the end of the lease it counts as over. A leader that no longer
// leads may not know it yet, for no longer than that.
const leaseMargin = 400 * time.Millisecond

// lease is the time during which no server gives the instance's tasks to another instance. It
// begins with the agent's process: a server that answers may leave it what runs, and nothing is
// kept of the lease of an earlier process. So a task may run twice for as long as no agent ran, and
// a lease more. Safe for concurrent use.
type lease struct {
	mu    sync.Mutex
	until time.Time
}

// heard notes that the leader heard of the agent at a time. The lease begins no earlier.
func (l *lease) heard(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := at.Add(structs.FencedLease - leaseMargin); until.After(l.until) {
		l.until = until
	}
}

func (l *lease) left() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Until(l.until)
}
