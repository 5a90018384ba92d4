package place

import (
	"math"

	"github.com/gantry-project/gantry/scheduler/splitmix"
)

// random takes each candidate that has room with the same probability for each task. Every
// candidate is a clock that strikes at random, all at the same rate, and the next task goes where a
// clock strikes next. The time between two strikes is exponential, which has no memory: who struck
// before is as likely as any other to strike next. So one draw for each task is enough, whatever
// the number of candidates. The draws hang on the seed and the candidate's order alone.
func (c *candidate) random(seed uint64) {
	bits := splitmix.Mix(splitmix.Mix(seed+uint64(c.order))+c.draws) >> 11
	c.draws++
	c.draw -= math.Log((float64(bits) + 0.5) / (1 << 53))
}
