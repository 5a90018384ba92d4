package link

import (
	"sync"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// leaseMargin is how long before its end the lease counts as over. A leader may take this long to
// notice that it no longer leads.
const leaseMargin = 400 * time.Millisecond

// lease is the time during which no server gives the instance's tasks to another instance. It
// begins with the agent's process: a server that answers may leave the running tasks to it, and
// nothing is kept of an earlier process's lease. So a task may run twice for as long as no agent
// ran, plus one lease. It is safe for concurrent use.
type lease struct {
	mu    sync.Mutex
	until time.Time
}

// heard records that the leader heard from the agent at a time. The lease begins no earlier.
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
