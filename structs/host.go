package structs

// Host is a container instance with what its tasks hold.
type Host struct {
	Instance *ContainerInstance
	Usage    *Usage
}

// FreeMemory is in MiB. It is negative where tasks hold more than there is: the instance came back
// smaller.
func (h *Host) FreeMemory() int64 { return h.Instance.Registered.Memory - h.Usage.Memory }

// FreeCPU is in cpu units. It may be negative as FreeMemory.
func (h *Host) FreeCPU() int64 { return h.Instance.Registered.CPU - h.Usage.CPU }

// HostClass is the instances of one cluster that are alike in their status, agent, zone, capacity
// provider and attributes.
type HostClass interface {
	// Like gives one of them, which stands for all in these.
	Like() *ContainerInstance
	// Fullest gives those that have at least this much memory and cpu free, one with each call and
	// nil after the last: the least free memory first, then the least cpu, then by id; or cpu
	// before memory. What is not needed may be short.
	Fullest(need *Resources, cpuFirst bool) (next func() *Host)
}
