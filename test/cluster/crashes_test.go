package cluster

import (
	"math/rand/v2"
	"time"
)

// leastKills is the least number of kills in a run.
const leastKills = 12

// crashes kills the parts of a harness. Only killUntil's goroutine starts and stops them.
type crashes struct {
	*harness
	*randomFaults
	agents []string
	kills  int
	// killsInCall counts the kills in the middle of a call.
	killsInCall int
}

// newCrashes prepares a harness in which nothing runs yet. Some calls to the server kill the
// server, and some calls of an agent to its engine kill the agent.
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

// killAll is a power cut of the machine that runs the server and one agent.
func (k *crashes) killAll() {
	k.CrashServer()
	k.killAgent()
	k.StartServer()
}
