package place

import "github.com/gantry-project/gantry/structs"

// hold subtracts a task from what is free on a candidate. binpack takes the candidate with the
// least free that still has room; with a task more it has even less free, so it is filled before
// the next is begun. The free resources before the task are compared; as all tasks of a request are
// alike, those after it have the same order.
func (c *candidate) hold(need *structs.Resources) {
	c.freeMemory -= need.Memory
	c.freeCPU -= need.CPU
}
