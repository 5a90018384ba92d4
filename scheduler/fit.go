package scheduler

import (
	"math"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// filter is one rule that an instance must satisfy to take a task. It keeps nothing between calls.
type filter struct {
	// reason is ECS's word for an instance that does not satisfy the rule.
	reason string
	// missing says by how much the instance falls short, in the rule's own unit; zero satisfies it.
	missing func(*structs.ContainerInstance, *structs.Usage, *structs.Resources) int64
}

// filters are all rules, in the order in which they are asked; the first that is not satisfied is the reason a user sees.
// First what rules an instance out for every task, then memory before cpu, since memory is the limit that kills a
// container, and ports last: an instance that only lacks a port has room.
func filters() [5]filter {
	return [5]filter{
		{structs.FailInactive, missingActive},
		{structs.FailAgent, missingAgent},
		{structs.FailMemory, missingMemory},
		{structs.FailCPU, missingCPU},
		{structs.FailPorts, missingPorts},
	}
}

// rejection is the first rule that an instance did not satisfy.
type rejection struct {
	instance string
	reason   string
	rule     int   // its place in filters
	missing  int64 // by how much
}

// check asks the filters whether an instance, with what its tasks hold, takes one more task. Nil: it does.
func check(i *structs.ContainerInstance, u *structs.Usage, need *structs.Resources) *rejection {
	for rule, f := range filters() {
		if missing := f.missing(i, u, need); missing > 0 {
			return &rejection{instance: i.ID, reason: f.reason, rule: rule, missing: missing}
		}
	}
	return nil
}

// Room is how many tasks that need this an instance takes, beside those that hold what usage says. It is where fit is
// decided, for the scheduler and for the planner that re-checks its plans.
func Room(i *structs.ContainerInstance, u *structs.Usage, need *structs.Resources) int {
	if check(i, u, need) != nil {
		return 0
	}
	if len(need.Ports) > 0 {
		return 1 // the second task would want the port of the first
	}
	room := int64(math.MaxInt32)
	if need.Memory > 0 {
		room = min(room, freeMemory(i, u)/need.Memory)
	}
	if need.CPU > 0 {
		room = min(room, freeCPU(i, u)/need.CPU)
	}
	return int(room)
}

func freeMemory(i *structs.ContainerInstance, u *structs.Usage) int64 {
	return i.Registered.Memory - u.Memory
}

func freeCPU(i *structs.ContainerInstance, u *structs.Usage) int64 {
	return i.Registered.CPU - u.CPU
}

// holding gives the usage with n tasks more.
func holding(u *structs.Usage, need *structs.Resources, n int) *structs.Usage {
	if n == 0 {
		return u
	}
	more := *u
	more.Memory += int64(n) * need.Memory
	more.CPU += int64(n) * need.CPU
	more.Ports = slices.Concat(u.Ports, need.Ports)
	slices.SortFunc(more.Ports, structs.ComparePorts)
	return &more
}
