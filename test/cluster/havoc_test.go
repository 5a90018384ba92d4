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

// leastFaults is how many faults a havoc makes at least.
const leastFaults = 12

// havoc lets things go wrong in a town, several at a time, each for a while. Only run's goroutine starts and stops anything.
type havoc struct {
	*town
	inCall chan func() (mend func()) // what a call in the middle of which we are would like
	faults int
	exited map[string]bool // tasks whose containers were killed
	open   []func()        // what mends the faults that are open
	// replaced says that a server came back without its disk; until all is whole again, no other does.
	replaced bool

	mu     sync.Mutex
	random *rand.Rand
	quiet  bool
}

// newHavoc prepares a town of which nothing runs yet. As for killer, some calls get their server killed, and some calls of an engine
// their agent.
func newHavoc(w *town, random *rand.Rand) *havoc {
	h := &havoc{town: w, random: random, inCall: make(chan func() func()), exited: map[string]bool{}}
	setImages(w.Engine)
	w.Engine.SetHook(func(point string) {
		for _, verb := range []string{" Create ", " Start ", " Stop "} {
			if strings.Contains(point, verb) {
				h.sometimes(60, h.crashAgent)
			}
		}
	})
	w.OnCall = func(n int) { h.sometimes(300, func() func() { return h.crash(n) }) }
	return h
}

func (h *havoc) sometimes(times int, fault func() func()) {
	h.mu.Lock()
	now := !h.quiet && h.random.IntN(times) == 0
	h.mu.Unlock()
	if now {
		select {
		case h.inCall <- fault:
		default: // one is under way
		}
	}
}

// run lets things go wrong until the user is done, and at least leastFaults times. It mends everything.
func (h *havoc) run(done <-chan struct{}) {
	for done != nil || h.faults < leastFaults {
		var fault func() func()
		select {
		case <-done:
			done = nil
			continue
		case fault = <-h.inCall:
		case <-time.After(h.upTo(2000)):
			fault = h.choose()
		}
		if len(h.open) > 0 && h.number(2) == 0 {
			h.mend(h.number(len(h.open)))
			continue
		}
		h.faults++
		if mend := fault(); mend != nil {
			h.open = append(h.open, mend)
		}
	}
	h.mu.Lock()
	h.quiet = true
	h.mu.Unlock()
	for len(h.open) > 0 {
		h.mend(0)
	}
	h.Network.MendAll()
}

func (h *havoc) mend(n int) {
	mend := h.open[n]
	h.open = slices.Delete(h.open, n, n+1)
	mend()
}

func (h *havoc) choose() func() func() {
	faults := []func() func(){
		func() func() { return h.crash(h.Leader()) }, func() func() { return h.crash(h.anyServer()) }, h.stopServer, h.powerOff,
		h.crashAgent, h.crashMachine, h.cutLink, h.cutLink, h.cutHost, h.split, h.loseZone, h.isolateZone, h.noGossip, h.slow, h.replace,
		h.killContainer,
	}
	return faults[h.number(len(faults))]
}

func (h *havoc) number(below int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.random.IntN(below)
}

// upTo is a pause of up to so many milliseconds.
func (h *havoc) upTo(most int) time.Duration { return time.Duration(h.number(most)) * time.Millisecond }

func (h *havoc) anyServer() int { return 1 + h.number(h.Size()) }

func (h *havoc) anyAgent() string { return sortedKeys(h.agents)[h.number(len(h.agents))] }

// crash kills a server that runs, and starts it again.
func (h *havoc) crash(n int) (mend func()) {
	if h.Server(n) == nil {
		return nil
	}
	h.Crash(n)
	return func() { h.Start(n) }
}

func (h *havoc) stopServer() (mend func()) {
	n := h.anyServer()
	if h.Server(n) == nil {
		return nil
	}
	h.Stop(n)
	return func() { h.Start(n) }
}

func (h *havoc) powerOff() (mend func()) {
	n := h.anyServer()
	if h.Server(n) == nil {
		return nil
	}
	h.PowerOff(n)
	return func() { h.Start(n) }
}

func (h *havoc) crashAgent() (mend func()) {
	host := h.anyAgent()
	if h.Agent(host) == nil {
		return nil
	}
	h.StopAgent(host)
	return func() { h.StartAgent(host, h.agents[host]) }
}

// crashMachine takes the power from an agent's machine: its containers end.
func (h *havoc) crashMachine() (mend func()) {
	host := h.anyAgent()
	if h.Agent(host) == nil {
		return nil
	}
	instance := h.Agent(host).Instance()
	h.Network.PowerOff(host)
	h.StopAgent(host)
	for _, c := range h.Engine.All() {
		if c.Labels[structs.LabelInstance] == instance && c.State == structs.ContainerRunning {
			h.exit(c)
		}
	}
	return func() { h.StartAgent(host, h.agents[host]) }
}

func (h *havoc) exit(c structs.ContainerState) {
	h.exited[c.Labels[structs.LabelTask]] = true
	h.Engine.Exit(c.ID, 9)
}

func (h *havoc) killContainer() (mend func()) {
	running := slices.DeleteFunc(h.Engine.All(), func(c structs.ContainerState) bool { return c.State != structs.ContainerRunning })
	if len(running) > 0 {
		h.exit(running[h.number(len(running))])
	}
	return nil
}

// replace gives a server an empty disk while all is well. The new one is to vote and the old one to go before that happens again.
func (h *havoc) replace() (mend func()) {
	if h.replaced && !h.whole() || len(h.open) > 0 || !h.whole() || !h.oneState() {
		return nil
	}
	h.replaced = true
	n := h.anyServer()
	h.Crash(n)
	h.Replace(n)
	return func() { h.Start(n) }
}

// loseZone kills the servers and agents of a zone at once.
func (h *havoc) loseZone() (mend func()) {
	zone := h.anyZone()
	var mends []func()
	for n := range h.Size() {
		if h.Zone(n+1) == zone {
			mends = append(mends, h.crash(n+1))
		}
	}
	for host, in := range h.agents {
		if in == zone && h.Agent(host) != nil {
			h.StopAgent(host)
			mends = append(mends, func() { h.StartAgent(host, in) })
		}
	}
	return func() {
		for _, mend := range mends {
			if mend != nil {
				mend()
			}
		}
	}
}

// setImages has containers take their time.
func setImages(engine *testutil.FakeEngine) {
	slow := testutil.FakeImage{PullDelay: 300 * time.Millisecond, CreateDelay: 50 * time.Millisecond, StartDelay: 100 * time.Millisecond}
	engine.SetImage("web", slow)
	slow.RunsFor = 400 * time.Millisecond
	engine.SetImage("once", slow)
	slow.ExitCode = 3
	engine.SetImage("failing", slow)
}
