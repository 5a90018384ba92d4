package place

import (
	"math"

	"github.com/gantry-project/gantry/scheduler/splitmix"
)

// random draws when a candidate strikes next, so that each candidate with room gets each task with
// the same probability. Every candidate is a clock that strikes at random, all at the same rate,
// and the next task goes to the clock that strikes next. The time between two strikes is
// exponential, which has no memory: the clock that struck last is as likely as any other to strike
// next. So one draw for each task is enough, however many candidates there are. The draws depend
// only on the seed and the candidate's order.
func (c *candidate) random(seed uint64) {
	bits := splitmix.Mix(splitmix.Mix(seed+uint64(c.order))+c.draws) >> 11
	c.draws++
	c.draw -= math.Log((float64(bits) + 0.5) / (1 << 53))
}
