package scheduler

import (
	"time"

	"github.com/gantry-project/gantry/structs"
)

const (
	freeRestarts = 2 // rounds of failures after which tasks start again at once
	firstDelay   = time.Second
	mostDelay    = 5 * time.Minute
	doublings    = 9 // from the first delay to the most, rounded up
)

// restartDelay is how long a service waits after its last failure before it starts tasks again: not
// at all at first, then a second, twice as long with each further round, and never more than five
// minutes. failures counts the tasks in a row that failed; a round is as many of them as the
// service is short of, so that forty that failed once each wait no longer than one.
func restartDelay(failures, short int) time.Duration {
	late := (failures+short-1)/short - freeRestarts
	if late <= 0 {
		return 0
	}
	return min(mostDelay, firstDelay<<min(late-1, doublings))
}

// restartAt is when a deployment that is short of that many healthy tasks may start more; zero: it
// need not wait.
func restartAt(d *structs.Deployment, short int) structs.Time {
	delay := restartDelay(d.Failures, short)
	if delay == 0 {
		return 0
	}
	return d.LastFailureAt + structs.Time(delay.Milliseconds())
}
