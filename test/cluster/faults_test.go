package cluster

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
)

// leastFaults is the least number of faults in a run.
const leastFaults = 12

// faults makes things go wrong in a cluster, several at a time, each for a while. Only run's
// goroutine starts and stops anything.
type faults struct {
	*cluster
	*randomFaults
	count int
	open  []func() // what mends the faults that are open
	// leaving counts the servers that were asked to leave and have not answered yet; left receives
	// what to do when they have.
	leaving int
	left    chan func()
}

// newFaults prepares a cluster in which nothing runs yet. As with crashes, some calls kill their
// server, and some calls to an engine kill their agent.
func newFaults(w *cluster, random *rand.Rand) *faults {
	h := &faults{cluster: w, left: make(chan func(), 1)}
	h.randomFaults = newRandomFaults(w.Engine, random, 60, func() { h.begin(h.crashAgent) })
	w.OnCall = func(n int) { h.sometimes(300, func() { h.begin(func() func() { return h.crash(n) }) }) }
	return h
}

// run makes things go wrong until the user is done, and at least leastFaults times. In the end it
// mends everything.
func (h *faults) run(done <-chan struct{}) {
	// These need a healthy cluster, which later moments seldom have.
	h.begin(h.anyOf(h.replace, h.flip, h.loseMachine, h.grow, h.shrink))
	for done != nil || h.count < leastFaults {
		h.restartFailed()
		select {
		case <-done:
			done = nil
		case fault := <-h.inCall:
			fault()
		case then := <-h.left:
			then()
		case <-time.After(h.upTo(2000)):
			if len(h.open) > 0 && h.number(2) == 0 {
				h.mend(h.number(len(h.open)))
			} else {
				h.begin(h.choose())
			}
		}
	}
	h.rest()
	h.mendAll()
	for h.leaving > 0 {
		(<-h.left)()
	}
	h.restartFailed()
	h.mendAll()
	h.Network.MendAll()
}

// begin makes something go wrong until it is mended.
func (h *faults) begin(fault func() (mend func())) {
	h.count++
	if mend := fault(); mend != nil {
		h.open = append(h.open, mend)
	}
}

func (h *faults) mend(n int) {
	mend := h.open[n]
	h.open = slices.Delete(h.open, n, n+1)
	mend()
}

func (h *faults) mendAll() {
	for len(h.open) > 0 {
		h.mend(0)
	}
}

func (h *faults) choose() func() func() {
	return h.anyOf(
		func() func() { return h.crash(h.Leader()) }, func() func() { return h.crash(h.anyServer()) }, h.stopServer, h.powerOff,
		h.crashAgent, h.crashMachine, h.cutLink, h.cutLink, h.cutHost, h.split, h.loseZone, h.isolateZone, h.noGossip, h.slow,
		func() func() { return h.freeze(h.Host(h.anyServer())) }, func() func() { return h.freeze(h.anyAgent()) }, h.setClock, h.setClock,
		h.replace, h.flip, h.loseMachine, h.leave, h.grow, h.shrink, h.hangEngine, h.hangEngine, h.stallDisk, h.stallDisk,
		func() func() { h.killContainer(); return nil },
	)
}

func (h *faults) anyOf(faults ...func() func()) func() func() { return faults[h.number(len(faults))] }

func (h *faults) anyServer() int { return h.numbers()[h.number(len(h.numbers()))] }

func (h *faults) anyAgent() string { return sortedKeys(h.agents)[h.number(len(h.agents))] }

// crash kills a running server and starts it again.
func (h *faults) crash(n int) (mend func()) {
	if h.Server(n) == nil {
		return nil
	}
	h.Crash(n)
	return func() { h.Start(n) }
}

func (h *faults) stopServer() (mend func()) {
	n := h.anyServer()
	if h.Server(n) == nil {
		return nil
	}
	h.Stop(n)
	return func() { h.Start(n) }
}

// stallDisk lets a disk hang, either long enough that its server ends or not.
func (h *faults) stallDisk() (mend func()) {
	n := h.anyServer()
	if h.Server(n) == nil {
		return nil
	}
	h.t.Logf("the disk of server %d stalls", n)
	h.StallDisk(n)
	return func() { h.MendDisk(n) }
}

// restartFailed starts servers that have ended by themselves, a while later.
func (h *faults) restartFailed() {
	for _, n := range h.Running() {
		if h.Failed(n) {
			h.t.Logf("server %d has failed", n)
			h.open = append(h.open, h.crash(n))
		}
	}
}

func (h *faults) powerOff() (mend func()) {
	n := h.anyServer()
	if h.Server(n) == nil {
		return nil
	}
	h.PowerOff(n)
	return func() { h.Start(n) }
}

func (h *faults) crashAgent() (mend func()) {
	host := h.anyAgent()
	if h.Agent(host) == nil {
		return nil
	}
	h.StopAgent(host)
	return func() { h.StartAgent(host, h.agents[host]) }
}

// crashMachine cuts the power of an agent's machine: its containers end.
func (h *faults) crashMachine() (mend func()) {
	host := h.anyAgent()
	if h.Agent(host) == nil {
		return nil
	}
	instance := h.Agent(host).Instance()
	h.Network.PowerOff(host)
	h.StopAgent(host)
	for _, c := range h.Engine.All() {
		if c.Labels[runtime.LabelInstance] == instance && c.State == runtime.ContainerRunning {
			h.exit(c)
		}
	}
	return func() { h.StartAgent(host, h.agents[host]) }
}

// loseZone kills the servers and agents of a zone at once.
func (h *faults) loseZone() (mend func()) {
	zone := h.anyZone()
	var mends []func()
	for _, n := range h.numbers() {
		if h.Zone(n) == zone {
			mends = append(mends, h.crash(n))
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
