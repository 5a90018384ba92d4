package scheduler

import (
	"encoding/binary"
	"encoding/hex"
	"strings"

	"github.com/gantry-project/gantry/scheduler/splitmix"
)

// taskIDs makes task ids from a seed. An id has two 64-bit halves: the first mixes a counter that
// starts at a mix of the seed's first half; the second mixes the first with the seed's other half.
// The mix is a bijection, so the second halves of one seed never collide, and ids of two random
// seeds hardly ever do.
//
// The first three digits are the same for all ids of a seed, so that the tasks of a plan are close
// together in the tables of state. Otherwise a thousand tasks would change a thousand places in a
// table of a million.
type taskIDs struct {
	counter, other uint64
	// holds many ids in one allocation: an allocation for each id would take longer than everything
	// else
	text *strings.Builder
}

func newTaskIDs(seed [16]byte) taskIDs {
	return taskIDs{counter: splitmix.Mix(binary.BigEndian.Uint64(seed[:8])), other: binary.BigEndian.Uint64(seed[8:])}
}

// idsAtOnce is how many ids share an allocation.
const idsAtOnce = 64

// next returns an id of 32 hex digits.
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
