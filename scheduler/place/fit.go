package place

import (
	"math"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// filter is one rule that an instance must satisfy to take a task. It keeps nothing between calls.
type filter struct {
	// reason is what ECS calls the failure of an instance that does not satisfy the rule.
	reason string
	// missing returns by how much the instance falls short, in the rule's own unit; zero satisfies
	// it.
	missing func(*ask, *host) int64
	// detail says so in words.
	detail func(*ask, *host) string
	// change returns what would satisfy the rule "on container instance X". It is nil, or returns
	// an empty string, if that takes another instance.
	change func(*ask, *host) string
	// alike reports whether all instances of a class (structs.HostClass) satisfy the rule or none
	// does, so that one of them answers for all. If it is nil, they may differ.
	alike func(*ask) bool
}

const numFilters = 12

// filters returns all rules, in the order in which they are asked; the first that is not satisfied
// is the reason a user sees. The order is: whether the instance is one of those that are meant;
// what rules it out for every task; what rules it out for all tasks of the request; GPUs, which
// most instances will never have; memory before CPU, since memory is the limit that kills a
// container; and ports last, since an instance that only lacks a port has room.
func filters() [numFilters]filter {
	return [numFilters]filter{
		{structs.FailProvider, missingProvider, detailProvider, changeProvider, always},
		{structs.FailInactive, missingActive, detailActive, changeActive, always},
		{structs.FailAgent, missingAgent, detailAgent, changeAgent, always},
		{structs.FailRuntime, missingRuntime, detailTrouble, changeRuntime, always},
		{structs.FailUnstable, missingStability, detailTrouble, changeStability, always},
		{structs.FailAttribute, missingPlatform, detailPlatform, nil, always},
		{structs.FailMemberOf, missingMembers, detailMembers, nil, alikeMembers},
		{structs.FailDistinct, missingDistinct, detailDistinct, nil, nil},
		{structs.FailGPU, missingGPUs, detailGPUs, changeGPUs, nil},
		{structs.FailMemory, missingMemory, detailMemory, changeMemory, nil},
		{structs.FailCPU, missingCPU, detailCPU, changeCPU, nil},
		{structs.FailPorts, missingPorts, detailPorts, changePorts, nil},
	}
}

func always(*ask) bool { return true }

// fits reports whether an instance takes one more task.
func (a *ask) fits(h *host) bool {
	all := filters()
	return a.passes(all[:], h)
}

// passes reports whether an instance satisfies some of the filters.
func (a *ask) passes(some []filter, h *host) bool {
	for i := range some {
		if some[i].missing(a, h) > 0 {
			return false
		}
	}
	return true
}

// partFilters returns the filters that one instance of a class answers for all of it, and the
// others.
func (a *ask) partFilters() (ofClass, ofInstance []filter) {
	for _, f := range filters() {
		if f.alike != nil && f.alike(a) {
			ofClass = append(ofClass, f)
		} else {
			ofInstance = append(ofInstance, f)
		}
	}
	return ofClass, ofInstance
}

// capacity returns how many tasks fit into what is free, given that one does.
func capacity(i *structs.ContainerInstance, u *structs.Usage, need *structs.Resources) int {
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
	if need.GPUs > 0 {
		room = min(room, int64(freeGPUs(i, u)/need.GPUs))
	}
	return int(room)
}

func freeMemory(i *structs.ContainerInstance, u *structs.Usage) int64 {
	return (&structs.Host{Instance: i, Usage: u}).FreeMemory()
}

func freeCPU(i *structs.ContainerInstance, u *structs.Usage) int64 {
	return (&structs.Host{Instance: i, Usage: u}).FreeCPU()
}

// holding returns the usage with n more tasks.
func holding(i *structs.ContainerInstance, u *structs.Usage, need *structs.Resources, n int) *structs.Usage {
	more := *u
	more.Memory += int64(n) * need.Memory
	more.CPU += int64(n) * need.CPU
	more.Pending += n
	if len(need.Ports) > 0 {
		more.Ports = slices.Concat(u.Ports, need.Ports)
		slices.SortFunc(more.Ports, structs.ComparePorts)
	}
	if need.GPUs > 0 {
		free := (&structs.Host{Instance: i, Usage: u}).FreeGPUs()
		more.GPUs = slices.Concat(u.GPUs, free[:min(n*need.GPUs, len(free))])
		slices.Sort(more.GPUs)
	}
	return &more
}
