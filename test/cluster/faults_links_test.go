package cluster

import (
	"maps"
	"slices"
	"time"

	"github.com/gantry-project/gantry/testutil"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// hosts returns all hosts, the user's last.
func (w *cluster) hosts() (list []string) {
	for _, n := range w.numbers() {
		list = append(list, w.Host(n))
	}
	return append(append(list, sortedKeys(w.agents)...), testutil.UserHost)
}

// spoil makes links between hosts bad, each in the directions that are chosen for it.
func (h *faults) spoil(link testutil.Link, chosen func(from, to string) bool) (mend func()) {
	var spoiled [][2]string
	for _, from := range h.hosts() {
		for _, to := range h.hosts() {
			if from != to && chosen(from, to) {
				h.Network.SetLink(from, to, link)
				spoiled = append(spoiled, [2]string{from, to})
			}
		}
	}
	return func() {
		for _, pair := range spoiled {
			h.Network.Mend(pair[0], pair[1])
		}
	}
}

func (h *faults) anyHost() string { return h.hosts()[h.number(len(h.hosts()))] }

func (h *faults) anyZone() string { return h.Zone(1 + h.number(3)) }

// cutLink cuts the link between two hosts, in one direction or both.
func (h *faults) cutLink() (mend func()) {
	a, b, both := h.anyHost(), h.anyHost(), h.number(2) == 0
	return h.spoil(testutil.Link{Cut: true}, func(from, to string) bool { return from == a && to == b || both && from == b && to == a })
}

// cutHost drops what a host sends, what is sent to it, or both.
func (h *faults) cutHost() (mend func()) {
	host, way := h.anyHost(), h.number(3)
	return h.spoil(testutil.Link{Cut: true}, func(from, to string) bool { return way != 0 && from == host || way != 1 && to == host })
}

// split cuts the network in two.
func (h *faults) split() (mend func()) {
	left := map[string]bool{}
	for _, host := range h.hosts() {
		left[host] = h.number(2) == 0
	}
	return h.spoil(testutil.Link{Cut: true}, func(from, to string) bool { return left[from] != left[to] })
}

// isolateZone cuts a zone off from the others.
func (h *faults) isolateZone() (mend func()) {
	zone := h.anyZone()
	in := map[string]bool{}
	for _, n := range h.numbers() {
		in[h.Host(n)] = h.Zone(n) == zone
	}
	for host, z := range h.agents {
		in[host] = z == zone
	}
	return h.spoil(testutil.Link{Cut: true}, func(from, to string) bool { return in[from] != in[to] })
}

// noGossip drops the packets of one host or of all, but no streams.
func (h *faults) noGossip() (mend func()) {
	host, all := h.anyHost(), h.number(4) == 0
	return h.spoil(testutil.Link{NoPackets: true}, func(from, to string) bool { return all || from == host || to == host })
}

// slow makes the links of one host or of all slow and lossy.
func (h *faults) slow() (mend func()) {
	host, all := h.anyHost(), h.number(4) == 0
	link := testutil.Link{Delay: h.upTo(100), Loss: float64(h.number(20)) / 100}
	if h.number(4) == 0 {
		link.Delay += 500 * time.Millisecond
	}
	return h.spoil(link, func(from, to string) bool { return all || from == host || to == host })
}
