// Package faketime runs tests under fake time: testing/synctest on one processor.
package faketime

import (
	"runtime"
	"testing"
	"testing/synctest"
)

// Test runs a test in a bubble of its own, as synctest.Test does.
//
// While it runs, Go uses one processor. A timer of a bubble can be run by whoever looks at its
// channel, in the one context that the bubble has for the race detector; two processors that do so
// at once crash the detector (golang/go#78156, Go 1.26). Races are found all the same: the detector
// looks at what is ordered, not at what happens to run at once.
func Test(t *testing.T, f func(*testing.T)) {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	synctest.Test(t, f)
}
