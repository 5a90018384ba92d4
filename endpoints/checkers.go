package endpoints

import (
	"strconv"

	"github.com/gantry-project/gantry/structs"
)

// maxCheckers is how many ingress instances check one target: an odd number, so that most of them
// agree.
const maxCheckers = 3

// Checkers chooses who checks targets, by rendezvous hashing over the connected ingress instances:
// when one comes or goes, only targets that it checks change hands.
type Checkers struct {
	ids    []string
	hashes []uint64
}

// NewCheckers returns the choice among ingress instances.
func NewCheckers(ingress []string) *Checkers {
	c := &Checkers{ids: ingress, hashes: make([]uint64, len(ingress))}
	for n, id := range ingress {
		c.hashes[n] = hash(id)
	}
	return c
}

// Of returns who checks a target of a group: at most three, the first choice first.
func (c *Checkers) Of(group string, t *structs.TrafficTarget) []string {
	return c.of(group, t.Address, t.Port)
}

// OfReport is Of, for the target of a report.
func (c *Checkers) OfReport(r *structs.TargetReport) []string {
	return c.of(r.TargetGroup, r.Address, r.Port)
}

func (c *Checkers) of(group, address string, port int32) []string {
	key := hash(group + " " + address + " " + strconv.Itoa(int(port)))
	var best [maxCheckers]int
	var draws [maxCheckers]uint64
	found := 0
	for n, h := range c.hashes {
		draw, at := mix(key^h), found
		for at > 0 && draw > draws[at-1] {
			at--
		}
		if at == maxCheckers {
			continue
		}
		if found < maxCheckers {
			found++
		}
		copy(best[at+1:found], best[at:found-1])
		copy(draws[at+1:found], draws[at:found-1])
		best[at], draws[at] = n, draw
	}
	ids := make([]string, found)
	for n := range ids {
		ids[n] = c.ids[best[n]]
	}
	return ids
}

// hash is FNV-1a with its bits mixed.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for n := range len(s) {
		h = (h ^ uint64(s[n])) * 1099511628211
	}
	return mix(h)
}

// mix is the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
