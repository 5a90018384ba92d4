package testutil

import (
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"time"
)

// Link describes what happens to what one host sends to another. The zero value delivers everything
// at once.
type Link struct {
	// Cut is like a cut cable: nothing arrives and nothing is refused. What was sent over a stream
	// arrives once the link is mended.
	Cut bool
	// Delay is how long everything takes to arrive.
	Delay time.Duration
	// Loss is the share of packets that are lost, from 0 to 1. Lost parts of a stream are sent
	// again, and arrive later.
	Loss float64
	// NoPackets loses all packets, but nothing of streams.
	NoPackets bool
}

// resend is the time until a stream sends again what was lost, the minimum of Linux.
const resend = 200 * time.Millisecond

// SetLink changes the link from one host to another.
func (n *Network) SetLink(from, to string, link Link) {
	n.mu.Lock()
	n.links[[2]string{from, to}] = link
	n.mu.Unlock()
	n.lookAgain()
}

// Cut stops everything that one host sends to another, until Mend.
func (n *Network) Cut(from, to string) { n.SetLink(from, to, Link{Cut: true}) }

// Mend restores the link from one host to another.
func (n *Network) Mend(from, to string) { n.SetLink(from, to, Link{}) }

// MendAll restores all links.
func (n *Network) MendAll() {
	n.mu.Lock()
	clear(n.links)
	n.mu.Unlock()
	n.lookAgain()
}

// Seed makes random losses follow from a number.
func (n *Network) Seed(seed uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.random = rand.New(rand.NewPCG(seed, 9))
}

// SetFilter sets a function that is asked before anything is sent. If it returns false, that is
// lost forever, as if the sender had died before. Nil: everything is sent.
func (n *Network) SetFilter(f func(from, to string) bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.filter = f
}

// lookAgain wakes those who wait for something to arrive.
func (n *Network) lookAgain() {
	n.mu.Lock()
	conns := slices.Collect(maps.Keys(n.conns))
	n.mu.Unlock()
	for _, c := range conns {
		c.in.look()
	}
}

// linked reports whether anything gets from one host to another.
func (n *Network) linked(from, to string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return !n.links[[2]string{from, to}].Cut && n.down[to] != off
}

// reaches reports whether anything gets from the process of one host to that of another.
func (n *Network) reaches(from, to string) bool {
	return n.linked(from, to) && !n.Frozen(from) && !n.Frozen(to)
}

// send returns how long a part of a stream takes to arrive, and false if it is never sent.
func (n *Network) send(from, to string) (time.Duration, bool) {
	link, ok := n.passes(from, to)
	delay := link.Delay
	if ok && link.Loss > 0 {
		n.mu.Lock()
		defer n.mu.Unlock()
		for n.random.Float64() < link.Loss && delay < 10*resend {
			delay += resend
		}
	}
	return delay, ok
}

// sendPacket is send for a packet, which may get lost.
func (n *Network) sendPacket(from, to string) (time.Duration, bool) {
	link, ok := n.passes(from, to)
	if !ok || link.Cut || link.NoPackets || n.Frozen(from) {
		return 0, false
	}
	if link.Loss > 0 {
		n.mu.Lock()
		defer n.mu.Unlock()
		ok = n.random.Float64() >= link.Loss
	}
	return link.Delay, ok
}

func (n *Network) passes(from, to string) (Link, bool) {
	n.mu.Lock()
	link, filter, lost := n.links[[2]string{from, to}], n.filter, n.down[from] != up || n.down[to] == off
	n.mu.Unlock()
	return link, !lost && (filter == nil || filter(from, to))
}

// outage is why a host sends nothing.
type outage int

const (
	up      outage = iota
	crashed        // its kernel still ends connections and refuses new ones
	off            // its kernel is gone too
)

// Crash closes everything that a host has open, as its kernel does when the process dies. Nothing
// from the host reaches anyone until Boot.
func (n *Network) Crash(host string) { n.end(host, crashed) }

// PowerOff is Crash without a kernel that tells others.
func (n *Network) PowerOff(host string) { n.end(host, off) }

// Boot undoes Crash.
func (n *Network) Boot(host string) {
	n.mu.Lock()
	delete(n.down, host)
	n.mu.Unlock()
}

func (n *Network) end(host string, why outage) {
	n.mu.Lock()
	n.down[host] = max(n.down[host], why)
	delete(n.frozen, host)
	var gone []*netListener
	for address, l := range n.listeners {
		if h, _, _ := net.SplitHostPort(address); h == host {
			gone = append(gone, l)
		}
	}
	n.mu.Unlock()
	for _, l := range gone {
		l.Close()
	}
	n.CutStreams(host)
}

// CutStreams breaks all open streams of a host.
func (n *Network) CutStreams(host string) {
	n.mu.Lock()
	var gone []*netConn
	for c := range n.conns {
		if c.from == host {
			gone = append(gone, c)
		}
	}
	n.mu.Unlock()
	for _, c := range gone {
		c.Close()
	}
}
