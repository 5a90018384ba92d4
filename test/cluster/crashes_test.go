package cluster

import (
	"math/rand/v2"
	"time"
)

// leastKills is how often a crashes kills at least.
const leastKills = 12

// crashes kills the parts of a harness. Only killUntil's goroutine starts and stops them.
type crashes struct {
	*harness
	*randomFaults
	agents []string
	kills  int
	// killsInCall are those of kills that came in the middle of a call.
	killsInCall int
}

// newCrashes prepares a harness of which nothing runs yet. Some calls get somebody killed: the server
// by calls to it, an agent by its calls to the engine.
func newCrashes(w *harness, random *rand.Rand) *crashes {
	k := &crashes{harness: w, agents: []string{"a", "b", "c"}}
	k.randomFaults = newRandomFaults(w.Engine, random, 40, k.killAgent)
	k.OnCall = func() { k.sometimes(30, k.killServer) }
	return k
}

// killUntil kills until the user is done, and at least leastKills times. It leaves everything
// running.
func (k *crashes) killUntil(done <-chan struct{}) {
	defer k.rest()
	for done != nil || k.kills < leastKills {
		select {
		case <-done:
			done = nil
			continue
		case kill := <-k.inCall:
			k.killsInCall++
			kill()
		case <-time.After(k.upTo(1000)):
			kills := []func(){k.killAgent, k.killServer, k.stopServer, k.killAll, k.CutConnections, k.killContainer}
			kills[k.number(len(kills))]()
		}
		k.kills++
	}
}

func (k *crashes) killAgent() {
	name := k.agents[k.number(len(k.agents))]
	k.StopAgent(name)
	time.Sleep(k.upTo(500))
	k.StartAgent(name)
}

func (k *crashes) killServer() {
	k.CrashServer()
	time.Sleep(k.upTo(500))
	k.StartServer()
}

func (k *crashes) stopServer() {
	k.StopServer()
	time.Sleep(k.upTo(5000)) // a new version is installed
	k.StartServer()
}

// killAll is a power cut of a machine that runs the server and an agent.
func (k *crashes) killAll() {
	k.CrashServer()
	k.killAgent()
	k.StartServer()
}
