// Package faketime runs tests under fake time: testing/synctest on one processor.
package faketime

import (
	"runtime"
	"testing"
	"testing/synctest"
)

// Test runs a test in a bubble of its own, like synctest.Test.
//
// While it runs, Go uses one processor. Whoever looks at the channel of a bubble's timer may run
// that timer, in the one context that the bubble has for the race detector. Two processors that do
// so at once crash the detector (golang/go#78156, Go 1.26). Races are still found: the detector
// looks at how events are ordered, not at what happens to run at once.
func Test(t *testing.T, f func(*testing.T)) {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	synctest.Test(t, f)
}
