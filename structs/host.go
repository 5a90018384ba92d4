package structs

// Host is a container instance with what its tasks hold.
type Host struct {
	Instance *ContainerInstance
	Usage    *Usage
}

// FreeMemory returns the free memory in MiB. It is negative if tasks hold more than there is,
// because the instance came back smaller.
func (h *Host) FreeMemory() int64 { return h.Instance.Registered.Memory - h.Usage.Memory }

// FreeCPU returns the free CPU in units. Like FreeMemory it may be negative.
func (h *Host) FreeCPU() int64 { return h.Instance.Registered.CPU - h.Usage.CPU }

// HostClass is a group of instances of one cluster with the same status, agent state, zone,
// capacity provider and attributes.
type HostClass interface {
	// Like returns one of them, which represents all in these.
	Like() *ContainerInstance
	// Fullest iterates over those with at least the needed memory and CPU free. Each call of next
	// returns one, and nil after the last. They are ordered by free memory, then free CPU, then id,
	// the least first; with cpuFirst by free CPU first. A resource that is not needed may be
	// overcommitted.
	Fullest(need *Resources, cpuFirst bool) (next func() *Host)
}
