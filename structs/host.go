package structs

// Host is a container instance with what its tasks hold.
type Host struct {
	Instance *ContainerInstance
	Usage    *Usage
}

// FreeMemory returns the free memory in MiB. It is negative if tasks hold more than the instance
// has, because it came back smaller.
func (h *Host) FreeMemory() int64 { return h.Instance.Registered.Memory - h.Usage.Memory }

// FreeCPU returns the free CPU in units. Like FreeMemory it may be negative.
func (h *Host) FreeCPU() int64 { return h.Instance.Registered.CPU - h.Usage.CPU }

// HostClass is a group of instances of one cluster with the same status, agent state, zone,
// capacity provider and attributes.
type HostClass interface {
	// Like returns one of them, which represents all of them in these properties.
	Like() *ContainerInstance
	// Fullest iterates over the hosts with at least the needed memory and CPU free. Each call of
	// next returns one, and nil after the last. They come in ascending order of free memory, then
	// free CPU, then id; with cpuFirst, free CPU comes before free memory. A resource that is not
	// needed may be overcommitted.
	Fullest(need *Resources, cpuFirst bool) (next func() *Host)
}
