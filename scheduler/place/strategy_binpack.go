package place

import "github.com/gantry-project/gantry/structs"

// hold subtracts a task from the free resources of a candidate. binpack picks the candidate with
// the least free that still has room; with one more task it has even less free, so it is filled
// before the next one. It compares the free resources before the task: all tasks of a request are
// alike, so the resources after it have the same order.
func (c *candidate) hold(need *structs.Resources) {
	c.freeMemory -= need.Memory
	c.freeCPU -= need.CPU
}
