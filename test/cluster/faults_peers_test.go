package cluster

import (
	"context"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/testutil"
)

// The servers change while the rest goes on. The first one's host stays, as all look for others
// there (--join).

// replace returns a server an empty disk. Before it happens again, the new server has a vote and
// the old one is gone from the peers.
func (h *faults) replace() (mend func()) {
	if !h.settled() {
		return nil
	}
	n := h.anyServer()
	h.t.Logf("server %d comes back without its disk", n)
	h.Crash(n)
	h.Replace(n)
	return func() { h.Start(n) }
}

// flip changes a bit on a server's disk. A server that finds it gets an empty disk.
func (h *faults) flip() (mend func()) {
	if !h.settled() {
		return nil
	}
	n := h.anyServer()
	h.Crash(n)
	what := testutil.FlipBit(h.t, h.DataDir(n), h.number)
	err := h.TryStart(n)
	h.t.Logf("server %d comes back with %s changed: %v", n, what, err)
	if err == nil {
		return nil
	}
	if !strings.Contains(err.Error(), "is damaged") {
		h.t.Errorf("server %d does not start, and does not say that it is damaged: %v", n, err)
	}
	h.Replace(n)
	return func() { h.Start(n) }
}

// loseMachine loses a server with its machine for good; another server starts on a new machine.
func (h *faults) loseMachine() (mend func()) {
	n := h.anyServer()
	if n == 1 || !h.settled() {
		return nil
	}
	h.PowerOff(n)
	h.drop(n)
	other := h.next()
	h.t.Logf("server %d is lost for good, and %d comes in its place", n, other)
	return func() { h.Start(other) }
}

// grow turns three servers into five.
func (h *faults) grow() (mend func()) {
	if len(h.numbers()) > 3 || !h.joined(0) {
		return nil
	}
	a, b := h.next(), h.next()
	h.t.Logf("servers %d and %d join", a, b)
	h.Start(a, b)
	return nil
}

// shrink turns five servers into three.
func (h *faults) shrink() (mend func()) {
	numbers := slices.DeleteFunc(h.numbers(), func(n int) bool { return n == 1 })
	if len(numbers) < 4 || h.leaving > 0 { // fewer than three may not lose a disk
		return nil
	}
	for range 2 {
		n := h.number(len(numbers))
		h.goodbye(numbers[n], true)
		numbers = slices.Delete(numbers, n, n+1)
	}
	return nil
}

// leave lets a server leave. It comes back later, on its old disk or an empty one.
func (h *faults) leave() (mend func()) {
	h.goodbye(h.anyServer(), false)
	return nil
}

// next adds a server on a new host to those that should exist, and returns its number.
func (h *faults) next() int {
	n := h.last + 1
	h.add(n)
	return n
}

// goodbye asks a server to leave, which it may refuse. Like the gantry process, the server ends
// once it has left.
func (h *faults) goodbye(n int, forGood bool) {
	leaver := h.Server(n)
	if leaver == nil || h.Network.Frozen(h.Host(n)) {
		return
	}
	h.t.Logf("server %d is to leave, for good: %v", n, forGood)
	h.leaving++
	go func() {
		err := leaver.Leave(context.Background())
		h.left <- func() {
			h.leaving--
			h.t.Logf("server %d was to leave: %v", n, err)
			select {
			case <-leaver.Left():
			default:
				return
			}
			if h.Server(n) != leaver {
				return // it was killed meanwhile, and whoever did that starts it again
			}
			h.Stop(n)
			if err == nil && forGood {
				h.drop(n)
				return
			}
			empty := err == nil && h.number(2) == 0
			h.open = append(h.open, func() {
				if empty && h.joined(n) {
					h.Replace(n)
				}
				h.Start(n)
			})
		}
	}()
}

// settled reports whether the peers are the servers that should exist, each with a vote, and all of
// them run and stay. One of them may then lose its disk.
func (h *faults) settled() bool {
	votes, peers := h.voters()
	return h.leaving == 0 && peers == len(h.numbers()) && len(h.Running()) == peers && h.allVote(votes, 0)
}

// joined reports whether every server that should exist votes, except one. Others may then come
// with empty disks: as many of them as --bootstrap-expect would form a new cluster if they saw
// nobody else.
func (h *faults) joined(but int) bool {
	votes, _ := h.voters()
	return h.allVote(votes, but)
}

func (h *faults) allVote(votes map[string]bool, but int) bool {
	return !slices.ContainsFunc(h.numbers(), func(n int) bool { return n != but && !votes[h.ID(n)] })
}

// voters returns the ids of the peers that vote, and the number of peers; none while there is no
// leader.
func (h *faults) voters() (votes map[string]bool, peers int) {
	votes = map[string]bool{}
	if _, err := h.read(); err != nil {
		return votes, 0
	}
	for _, p := range h.Server(h.Leader()).RaftPeers(h.t.Context()).Peers {
		votes[p.ID] = p.Voter
		peers++
	}
	return votes, peers
}
