package cluster

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/runtime/fake"
	"github.com/gantry-project/gantry/testutil"
)

// randomFaults decides by random numbers when something goes wrong and what. What goes wrong in the
// middle of a call is handed to the one goroutine that starts and stops things: under fake time,
// what the clock starts only happens while everything waits for the clock.
type randomFaults struct {
	engine *testutil.FakeEngine
	inCall chan func()     // what is to go wrong in the call in the middle of which we are
	exited map[string]bool // tasks whose containers were killed

	mu     sync.Mutex
	random *rand.Rand
	quiet  bool // nothing goes wrong any more
}

// newRandomFaults makes the containers of an engine slow. One call in so many that creates, starts
// or stops a container kills its agent.
func newRandomFaults(engine *testutil.FakeEngine, random *rand.Rand, times int, killAgent func()) *randomFaults {
	c := &randomFaults{engine: engine, inCall: make(chan func()), exited: map[string]bool{}, random: random}
	slow := fake.Image{PullDelay: 300 * time.Millisecond, CreateDelay: 50 * time.Millisecond, StartDelay: 100 * time.Millisecond}
	engine.SetImage("web", slow)
	slow.RunsFor = 400 * time.Millisecond
	engine.SetImage("once", slow)
	slow.ExitCode = 3
	engine.SetImage("failing", slow)
	engine.SetHook(func(point string) {
		for _, verb := range []string{" Create ", " Start ", " Stop "} {
			if strings.Contains(point, verb) {
				c.sometimes(times, killAgent)
			}
		}
	})
	return c
}

// sometimes hands in a fault, once in so many times.
func (c *randomFaults) sometimes(times int, fault func()) {
	c.mu.Lock()
	now := !c.quiet && c.random.IntN(times) == 0
	c.mu.Unlock()
	if now {
		select {
		case c.inCall <- fault:
		default: // one is under way
		}
	}
}

// rest lets all calls pass from now on.
func (c *randomFaults) rest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quiet = true
}

func (c *randomFaults) number(below int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.IntN(below)
}

// upTo returns a random duration of up to so many milliseconds.
func (c *randomFaults) upTo(most int) time.Duration {
	return time.Duration(c.number(most)) * time.Millisecond
}

// killContainer ends a running container.
func (c *randomFaults) killContainer() {
	running := slices.DeleteFunc(c.engine.All(), func(s runtime.ContainerState) bool { return s.State != runtime.ContainerRunning })
	if len(running) > 0 {
		c.exit(running[c.number(len(running))])
	}
}

func (c *randomFaults) exit(s runtime.ContainerState) {
	c.exited[s.Labels[runtime.LabelTask]] = true
	c.engine.Exit(s.ID, 9)
}
