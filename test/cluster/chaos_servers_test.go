package cluster

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/testutil"
)

// TestNothingIsLostAmongServers is TestNothingIsLostOrDoubled with three or five servers, and
// agents in three zones. Servers, agents, machines and whole zones die or freeze, links are cut,
// slow and lossy, and clocks are changed, several of these at a time. Meanwhile three servers
// become five and five become three; servers leave, come back without their disks, and are replaced
// by others.
//
// All the while, nobody is told anything that is older than what somebody else already knew. In the
// end, in addition, all servers have the same state, and the log of each one gives it.
func TestNothingIsLostAmongServers(t *testing.T) { bySeed(t, 5, chaosAmongServers) }

func chaosAmongServers(t *testing.T, seed uint64) {
	size := 3
	if seed%5 == 4 {
		size = 5
	}
	w := newCluster(t, size, 6)
	w.Network.Seed(seed)
	h := newFaults(w, rand.New(rand.NewPCG(seed, 11)))
	w.start()
	u := newWorkload(w.newDoors(), rand.New(rand.NewPCG(seed, 13)))
	u.prepare()
	done, calm := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		u.work()
	}()
	c := newCounter()
	var people sync.WaitGroup
	for n := range 4 {
		d := w.newDoors()
		people.Go(func() {
			if n%2 == 0 {
				c.use(calm, d, c.raise)
			} else {
				c.use(calm, d, c.look)
			}
		})
	}
	h.run(done)
	time.Sleep(time.Second)
	close(calm)
	people.Wait()
	if t.Failed() {
		return
	}

	for _, wrong := range c.wrong {
		t.Error(wrong)
	}
	w.Eventually("all servers and agents are back", func() bool { return slices.Equal(w.Running(), w.numbers()) && w.whole() })
	invariants := &invariants{engine: w.Engine, hosts: w.Networks, read: w.read, user: u, exited: h.exited}
	for _, wrong := range invariants.await() {
		t.Error(wrong)
	}
	w.Eventually("all servers have one state", w.oneState)
	t.Logf("%d faults, %d writes and %d reads of the counter", h.count, len(c.given), c.reads)
	w.checkLogs(rand.New(rand.NewPCG(seed, 14)))
}

// checkLogs stops everything and checks that each server has the state that its log gives.
func (w *cluster) checkLogs(random *rand.Rand) {
	w.t.Helper()
	for _, host := range w.Agents() {
		w.StopAgent(host)
	}
	verbs := map[int]*control.Control{}
	for _, n := range w.Running() {
		verbs[n] = w.Control(n)
		w.Stop(n)
	}
	for n, c := range verbs {
		checkLog(w.t, w.DataDir(n), testutil.StateOf(w.t, c).Fork(), random)
	}
}
