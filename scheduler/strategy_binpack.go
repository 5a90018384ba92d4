package scheduler

import "cmp"

// binpack orders candidates by best fit: first the one that has the least memory left once it took the task, then the
// least cpu, then by id. As tasks of one job are alike, that is the one with the least free before.
//
// A candidate that takes a task moves only further to the front, so it stays the best until it is full. That is what lets
// place fill one after the other, and still do what choosing anew for each task would.
func binpack(a, b candidate) int {
	return cmp.Or(
		cmp.Compare(freeMemory(a.instance, a.usage), freeMemory(b.instance, b.usage)),
		cmp.Compare(freeCPU(a.instance, a.usage), freeCPU(b.instance, b.usage)),
		cmp.Compare(a.instance.ID, b.instance.ID),
	)
}
