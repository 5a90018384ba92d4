package hosts

import (
	"flag"
	"math/rand/v2"
	"testing"
	"time"
)

var (
	chaosFor  = flag.Duration("for", 0, "how long TestChaos lets things happen at random; 0: not at all")
	chaosSeed = flag.Uint64("seed", 0, "the seed of TestChaos; 0: a new one")
)

// TestChaos makes anything happen to servers and hosts, for a long time, in any order, and now and
// then to two at once (make chaos). The choices follow from the seed; the state that they meet does
// not.
func TestChaos(t *testing.T) {
	if *chaosFor == 0 {
		t.Skip("a long run: make chaos")
	}
	seed := *chaosSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("again: make chaos CHAOS=\"-for %v -seed %d\"", *chaosFor, seed)
	random := rand.New(rand.NewPCG(seed, 0))
	w := start(t)
	const name = "chaos"
	w.service(t, name)
	happened := map[string]int{}
	for end := time.Now().Add(*chaosFor); time.Now().Before(end) && !t.Failed(); {
		w.round(t, random, name, happened)
		w.checkLogs(t)
	}
	if t.Failed() {
		w.showLogs(t)
	}
	for what, times := range happened {
		t.Logf("%3d × %s", times, what)
	}
}

// round makes a few things happen while calls are made, each of which is accounted for afterwards.
func (w *harness) round(t *testing.T, random *rand.Rand, name string, happened map[string]int) {
	const things = 5
	calls, jobs := record(t, w, random.Uint64()), runTokens(t, w)
	servers, agents := serverFaults(), agentFaults()
	for range things {
		server, agent := servers[random.IntN(len(servers))], agents[random.IntN(len(agents))]
		a := w.Agents[random.IntN(len(w.Agents))]
		switch random.IntN(4) {
		case 0, 1:
			happened[server.name]++
			w.serverFault(t, server)
		case 2:
			happened[agent.name]++
			w.agentFault(t, agent, name, a)
		case 3:
			happened[server.name+", and "+agent.name]++
			if err := agent.happen(a); err != nil {
				t.Fatal(err)
			}
			w.serverFault(t, server)
			w.awaitService(t, name, w.Agents...)
			w.awaitSpread(t, name)
		}
	}
	calls.finish(t)
	jobs.finish(t)
}
