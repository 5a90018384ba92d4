package cluster

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// leastFaults is how many faults a havoc makes at least.
const leastFaults = 12

// havoc lets things go wrong in a town, several at a time, each for a while. Only run's goroutine starts and stops anything.
type havoc struct {
	*town
	*chance
	faults int
	open   []func() // what mends the faults that are open
}

// newHavoc prepares a town of which nothing runs yet. As for killer, some calls get their server killed, and some calls of an engine
// an agent.
func newHavoc(w *town, random *rand.Rand) *havoc {
	h := &havoc{town: w}
	h.chance = newChance(w.Engine, random, 60, func() { h.begin(h.crashAgent) })
	w.OnCall = func(n int) { h.sometimes(300, func() { h.begin(func() func() { return h.crash(n) }) }) }
	return h
}

// run lets things go wrong until the user is done, and at least leastFaults times. It mends everything.
func (h *havoc) run(done <-chan struct{}) {
	for done != nil || h.faults < leastFaults {
		select {
		case <-done:
			done = nil
		case fault := <-h.inCall:
			fault()
		case <-time.After(h.upTo(2000)):
			if len(h.open) > 0 && h.number(2) == 0 {
				h.mend(h.number(len(h.open)))
			} else {
				h.begin(h.choose())
			}
		}
	}
	h.rest()
	for len(h.open) > 0 {
		h.mend(0)
	}
	h.Network.MendAll()
}

// begin lets something go wrong, until it is mended.
func (h *havoc) begin(fault func() (mend func())) {
	h.faults++
	if mend := fault(); mend != nil {
		h.open = append(h.open, mend)
	}
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
		func() func() { h.killContainer(); return nil },
	}
	return faults[h.number(len(faults))]
}

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

// replace gives a server an empty disk while all is well. The new one is to vote and the old one to go before that happens again.
func (h *havoc) replace() (mend func()) {
	if len(h.open) > 0 || !h.whole() || !h.oneState() {
		return nil
	}
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
