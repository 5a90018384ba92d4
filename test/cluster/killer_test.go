package cluster

import (
	"math/rand/v2"
	"time"
)

// leastKills is how often a killer kills at least.
const leastKills = 12

// killer kills the parts of a world. Only killUntil's goroutine starts and stops them.
type killer struct {
	*world
	*chance
	agents []string
	kills  int
	// killsInCall are those of kills that came in the middle of a call.
	killsInCall int
}

// newKiller prepares a world of which nothing runs yet. Some calls get somebody killed: the server
// by calls to it, an agent by its calls to the engine.
func newKiller(w *world, random *rand.Rand) *killer {
	k := &killer{world: w, agents: []string{"a", "b", "c"}}
	k.chance = newChance(w.Engine, random, 40, k.killAgent)
	k.OnCall = func() { k.sometimes(30, k.killServer) }
	return k
}

// killUntil kills until the user is done, and at least leastKills times. It leaves everything
// running.
func (k *killer) killUntil(done <-chan struct{}) {
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

func (k *killer) killAgent() {
	name := k.agents[k.number(len(k.agents))]
	k.StopAgent(name)
	time.Sleep(k.upTo(500))
	k.StartAgent(name)
}

func (k *killer) killServer() {
	k.CrashServer()
	time.Sleep(k.upTo(500))
	k.StartServer()
}

func (k *killer) stopServer() {
	k.StopServer()
	time.Sleep(k.upTo(5000)) // a new version is installed
	k.StartServer()
}

// killAll is a power cut of a machine that runs the server and an agent.
func (k *killer) killAll() {
	k.CrashServer()
	k.killAgent()
	k.StartServer()
}
