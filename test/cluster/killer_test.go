package cluster

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// leastKills is how often a killer kills at least.
const leastKills = 12

// killer kills the parts of a world. Only killUntil's goroutine starts and stops them.
type killer struct {
	*world
	agents []string
	inCall chan func() // a kill that a call in the middle of which we are would like
	kills  int
	// killsInCall are those of kills that came from inCall.
	killsInCall int
	exited      map[string]bool // tasks whose containers were killed

	mu     sync.Mutex
	random *rand.Rand
	quiet  bool
}

// newKiller prepares a world of which nothing runs yet. Some calls get somebody killed: the server by calls to it, an agent by its
// calls to the engine that make, start or stop containers. Under fake time, a kill by the clock comes only while everything waits
// for the clock.
func newKiller(w *world, random *rand.Rand) *killer {
	k := &killer{
		world: w, agents: []string{"a", "b", "c"}, random: random, inCall: make(chan func()), exited: map[string]bool{},
	}
	slow := testutil.FakeImage{PullDelay: 300 * time.Millisecond, CreateDelay: 50 * time.Millisecond, StartDelay: 100 * time.Millisecond}
	k.Engine.SetImage("web", slow)
	slow.RunsFor = 400 * time.Millisecond
	k.Engine.SetImage("once", slow)
	slow.ExitCode = 3
	k.Engine.SetImage("failing", slow)
	k.Engine.SetHook(func(point string) {
		for _, verb := range []string{" Create ", " Start ", " Stop "} {
			if strings.Contains(point, verb) {
				k.sometimes(40, k.killAgent)
			}
		}
	})
	k.OnCall = func() { k.sometimes(30, k.killServer) }
	return k
}

// sometimes hands in a kill once in so many times.
func (k *killer) sometimes(times int, kill func()) {
	k.mu.Lock()
	now := !k.quiet && k.random.IntN(times) == 0
	k.mu.Unlock()
	if now {
		select {
		case k.inCall <- kill:
		default: // one is under way
		}
	}
}

// killUntil kills until the user is done, and at least leastKills times. It leaves everything running.
func (k *killer) killUntil(done <-chan struct{}) {
	defer func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.quiet = true
	}()
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

func (k *killer) number(below int) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.random.IntN(below)
}

// upTo is a pause of up to so many milliseconds.
func (k *killer) upTo(most int) time.Duration {
	return time.Duration(k.number(most)) * time.Millisecond
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

// killContainer ends a container that runs.
func (k *killer) killContainer() {
	running := slices.DeleteFunc(k.Engine.All(), func(c structs.ContainerState) bool { return c.State != structs.ContainerRunning })
	if len(running) == 0 {
		return
	}
	c := running[k.number(len(running))]
	k.exited[c.Labels[structs.LabelTask]] = true
	k.Engine.Exit(c.ID, 9)
}
