package scheduler

import (
	"encoding/binary"
	"encoding/hex"
	"strings"

	"github.com/gantry-project/gantry/scheduler/splitmix"
)

// taskIDs mints task ids from a seed, out of two 64-bit halves: the first is a mix of a counter
// that starts at a mix of the seed's first half, and the second mixes the first with the seed's
// other half. The mix is a bijection, so the second halves of one seed never collide, and ids of
// two random seeds hardly ever.
//
// The first three digits are the same for all of a seed: so the tasks of a plan stand together in
// the tables of state, where a thousand of them would otherwise change as many places of a table of
// a million.
type taskIDs struct {
	counter, other uint64
	// has ids one after the other: a piece of memory for each would take longer than all else
	text *strings.Builder
}

func newTaskIDs(seed [16]byte) taskIDs {
	return taskIDs{counter: splitmix.Mix(binary.BigEndian.Uint64(seed[:8])), other: binary.BigEndian.Uint64(seed[8:])}
}

// idsAtOnce is how many ids are made room for at a time.
const idsAtOnce = 64

// next gives an id of 32 hex digits.
func (s *taskIDs) next() string {
	first := splitmix.Mix(s.counter)
	s.counter++
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], s.other&^(1<<52-1)|first>>12)
	binary.BigEndian.PutUint64(id[8:], splitmix.Mix(first+s.other))
	var digits [32]byte
	hex.Encode(digits[:], id[:])
	if s.text == nil || s.text.Cap()-s.text.Len() < len(digits) {
		s.text = &strings.Builder{}
		s.text.Grow(idsAtOnce * len(digits))
	}
	s.text.Write(digits[:])
	return s.text.String()[s.text.Len()-len(digits):]
}
