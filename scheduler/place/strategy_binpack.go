package place

import "github.com/gantry-project/gantry/structs"

// hold is what a task does to a candidate for binpack, which takes the one with the least free that
// still has room: it has less free then, so it is better still, and filled before the next is
// begun. What is compared is free before the task; as tasks of one request are alike, that orders
// candidates as what is free after it does.
func (c *candidate) hold(need *structs.Resources) {
	c.freeMemory -= need.Memory
	c.freeCPU -= need.CPU
}
