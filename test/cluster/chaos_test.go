package cluster

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

var (
	seeds = flag.Int("seeds", 100, "how many random runs tests with a seed make")
	first = flag.Int("first", 0, "the seed of the first of them")
	seed  = flag.Int("seed", -1, "the only random run to make; -1: all")
)

// bySeed makes random runs under fake time. It makes only one run in part of those asked for, so
// that slow tests make fewer.
func bySeed(t *testing.T, part int, run func(t *testing.T, seed uint64)) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // a run makes much garbage and keeps nothing
	from, runs := *first, *seeds/part
	if *seed >= 0 {
		from, runs = *seed, 1
	}
	for n := from; n < from+runs; n++ {
		passed := t.Run(fmt.Sprintf("seed %d", n), func(t *testing.T) {
			faketime.Test(t, func(t *testing.T) { run(t, uint64(n)) })
		})
		if !passed {
			t.Fatalf("run it again: go test -tags hashicorpmetrics ./test/cluster -run %s -seed %d -count 100", t.Name(), n)
		}
	}
}

// TestNothingIsLostOrDoubled has a user run tasks and keep and change services, while servers,
// agents and containers are killed and connections are cut. This happens at any moment, also in the
// middle of calls to the server and to the container engine. In the end, everything that the user
// was told of is as the user asked, in containers that were started once, and nothing else runs.
// The log on disk gives the state that the server had, however it is read.
//
// The random choices of a run follow from its seed. Their exact moments do not, as goroutines run
// at the same time: a run that fails once in a while fails again with -seed N -count 100.
func TestNothingIsLostOrDoubled(t *testing.T) { bySeed(t, 1, chaos) }

func chaos(t *testing.T, seed uint64) {
	w := newHarness(t)
	k := newCrashes(w, rand.New(rand.NewPCG(seed, 1)))
	w.StartServer()
	for _, agent := range k.agents {
		w.StartAgent(agent)
	}
	native := w.NewClient()
	defer native.Close()
	u := newWorkload(&doors{t: t, ecs: w.ecs, native: native}, rand.New(rand.NewPCG(seed, 2)))
	u.prepare()
	done := make(chan struct{})
	go func() {
		defer close(done)
		u.work()
	}()
	k.killUntil(done)
	if t.Failed() {
		return
	}

	c := &invariants{engine: w.Engine, hosts: w.Networks, user: u, exited: k.exited, read: func() (*state.Snapshot, error) { return w.Control().Read(t.Context()) }}
	for _, wrong := range c.await() {
		t.Error(wrong)
	}
	verbs := w.Control()
	for _, agent := range k.agents {
		w.StopAgent(agent)
	}
	w.StopServer()
	checkLog(t, w.Dir, testutil.StateOf(t, verbs).Fork(), rand.New(rand.NewPCG(seed, 3)))
	t.Logf("%d kills, %d of them in the middle of a call", k.kills, k.killsInCall)
}
