package scheduler

import (
	"time"

	"github.com/gantry-project/gantry/structs"
)

const (
	freeRestarts = 2 // rounds of failures after which tasks still start again at once
	firstDelay   = time.Second
	mostDelay    = 5 * time.Minute
	doublings    = 9 // from the first delay to the longest, rounded up
)

// restartDelay returns how long a service waits after its last failure before it starts tasks
// again: at first not at all, then a second, which doubles with each further round up to five
// minutes. failures counts the tasks that failed in a row. A round is as many failures as the
// service is short of tasks, so forty tasks that failed once each wait no longer than one.
func restartDelay(failures, short int) time.Duration {
	late := (failures+short-1)/short - freeRestarts
	if late <= 0 {
		return 0
	}
	return min(mostDelay, firstDelay<<min(late-1, doublings))
}

// restartAt returns when a deployment that lacks this many healthy tasks may start more; zero if it
// need not wait.
func restartAt(d *structs.Deployment, short int) structs.Time {
	delay := restartDelay(d.Failures, short)
	if delay == 0 {
		return 0
	}
	return d.LastFailureAt + structs.Time(delay.Milliseconds())
}
