package place

import (
	"math"
	"net/netip"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// filter is one rule that an instance must satisfy to take a task. It is stateless.
type filter struct {
	// reason is ECS's name for the failure of an instance that does not satisfy the rule.
	reason string
	// missing returns how much the instance lacks, in the rule's own unit; zero satisfies it.
	missing func(*ask, *host) int64
	// detail describes that in words.
	detail func(*ask, *host) string
	// change returns a change that would satisfy the rule, to precede "on container instance X". It
	// is nil, or returns an empty string, if only another instance would help.
	change func(*ask, *host) string
	// alike reports whether all instances of a class (structs.HostClass) satisfy the rule or none
	// does, so that one of them answers for all. If it is nil, they may differ.
	alike func(*ask) bool
}

const numFilters = 15

// filters returns all rules in the order in which they are applied. The first that is not satisfied
// is the reason that a user sees. First come rules about which instances are meant; then those that
// exclude an instance for every task; those that exclude it for all tasks of the request; GPUs,
// which most instances will never have; addresses of awsvpc tasks; memory before CPU, because
// memory is the limit that kills a container; and ports last, because an instance that only lacks a
// port has room.
func filters() [numFilters]filter {
	return [numFilters]filter{
		{structs.FailProvider, missingProvider, detailProvider, changeProvider, always},
		{structs.FailInactive, missingActive, detailActive, changeActive, always},
		{structs.FailAgent, missingAgent, detailAgent, changeAgent, always},
		{structs.FailRuntime, missingRuntime, detailTrouble, changeRuntime, always},
		{structs.FailUnstable, missingStability, detailTrouble, changeStability, always},
		{structs.FailAttribute, missingPlatform, detailPlatform, changePlatform, always},
		{structs.FailAttribute, missingCapabilities, detailCapabilities, changeCapabilities, always},
		{structs.FailAttribute, missingTaskNetwork, detailTaskNetwork, changeTaskNetwork, always},
		{structs.FailMemberOf, missingMembers, detailMembers, nil, alikeMembers},
		{structs.FailDistinct, missingDistinct, detailDistinct, nil, nil},
		{structs.FailGPU, missingGPUs, detailGPUs, changeGPUs, nil},
		{structs.FailENI, missingAddresses, detailAddresses, changeAddresses, nil},
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

// passes reports whether an instance satisfies the given filters.
func (a *ask) passes(some []filter, h *host) bool {
	for i := range some {
		if some[i].missing(a, h) > 0 {
			return false
		}
	}
	return true
}

// partFilters splits the filters into those that one instance of a class answers for all, and the
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

// capacity returns how many tasks fit into the free resources, given that one does.
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
	if need.Addresses > 0 {
		room = min(room, int64(freeAddresses(i, u)/need.Addresses))
	}
	return int(room)
}

func freeMemory(i *structs.ContainerInstance, u *structs.Usage) int64 {
	return (&structs.Host{Instance: i, Usage: u}).FreeMemory()
}

func freeCPU(i *structs.ContainerInstance, u *structs.Usage) int64 {
	return (&structs.Host{Instance: i, Usage: u}).FreeCPU()
}

// holding returns a usage with n more tasks.
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
	if need.Addresses > 0 { // which ones does not matter here
		more.Addresses = slices.Concat(make([]netip.Addr, n*need.Addresses), u.Addresses)
	}
	return &more
}
