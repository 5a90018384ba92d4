package state

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"github.com/gantry-project/gantry/structs"
)

// shelf holds hosts in the order of what is free on them. It is immutable: with returns another
// one, which shares unchanged blocks.
//
// It consists of blocks, each of which records the greatest free second amount in it. So a search
// for a host with enough of both amounts skips blocks in which no host has enough of the second.
type shelf struct{ blocks []*block }

type block struct {
	spots []spot // in order, never empty
	most  int64  // the greatest second
}

// blockSize is the number of spots in a new block. A change copies one block and the list of
// blocks.
const blockSize = 64

// spot is the place of a host: the free amount that orders the shelf, and the other one.
type spot struct {
	first, second int64
	host          *structs.Host
}

func (a spot) compare(b spot) int {
	switch {
	case a.first != b.first:
		return cmp.Compare(a.first, b.first)
	case a.second != b.second:
		return cmp.Compare(a.second, b.second)
	}
	return cmp.Compare(a.host.Instance.ID, b.host.Instance.ID)
}

// from returns an iterator over the hosts with at least the given free amounts: each call of it
// returns one, and nil after the last.
func (s shelf) from(first, second int64) (next func() *structs.Host) {
	at, in := sort.Search(len(s.blocks), func(i int) bool {
		spots := s.blocks[i].spots
		return spots[len(spots)-1].first >= first
	}), 0
	return func() *structs.Host {
		for ; at < len(s.blocks); at, in = at+1, 0 {
			b := s.blocks[at]
			if b.most < second {
				continue
			}
			for in < len(b.spots) {
				spot := &b.spots[in]
				in++
				if spot.first >= first && spot.second >= second {
					return spot.host
				}
			}
		}
		return nil
	}
}

// with returns the shelf with some spots removed, which it must have, and others added.
func (s shelf) with(out, in []spot) shelf {
	slices.SortFunc(out, spot.compare)
	slices.SortFunc(in, spot.compare)
	made := shelf{make([]*block, 0, len(s.blocks)+1)}
	var spots []spot // of the blocks that are being rebuilt
	for n, b := range s.blocks {
		leaving, coming := len(out), len(in) // of those, how many belong to this block
		if n+1 < len(s.blocks) {
			next := s.blocks[n+1].spots[0]
			leaving = count(out, next)
			coming = count(in, next)
		}
		if leaving+coming+len(spots) == 0 {
			made.blocks = append(made.blocks, b)
			continue
		}
		spots = merge(spots, b.spots, out[:leaving], in[:coming])
		out, in = out[leaving:], in[coming:]
		if len(spots) >= blockSize/2 { // otherwise the next block takes them
			made.add(spots)
			spots = nil
		}
	}
	made.add(append(spots, in...)) // spots are left only if there was no block
	return made
}

// count returns how many of the spots come before a given one.
func count(spots []spot, before spot) int {
	n, _ := slices.BinarySearchFunc(spots, before, spot.compare)
	return n
}

// merge appends the spots of a block in order, without the spots that leave and with those that
// join.
func merge(to, block, leaving, coming []spot) []spot {
	to = slices.Grow(to, len(block)+len(coming))
	for _, s := range block {
		for len(coming) > 0 && coming[0].compare(s) < 0 {
			to, coming = append(to, coming[0]), coming[1:]
		}
		if len(leaving) > 0 && leaving[0].host == s.host {
			leaving = leaving[1:]
			continue
		}
		to = append(to, s)
	}
	return append(to, coming...)
}

// add appends spots in blocks of about the same size.
func (s *shelf) add(spots []spot) {
	for blocks := (len(spots) + 2*blockSize - 1) / (2 * blockSize); blocks > 0; blocks-- {
		n := len(spots) / blocks
		b := &block{spots: spots[:n:n], most: math.MinInt64}
		for _, s := range b.spots {
			b.most = max(b.most, s.second)
		}
		s.blocks = append(s.blocks, b)
		spots = spots[n:]
	}
}
