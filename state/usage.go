package state

import (
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// usageRow holds the usage of one instance.
type usageRow struct {
	instance string
	usage    *structs.Usage
}

func lessUsage(a, b usageRow) bool { return a.instance < b.instance }

// Usage returns what the tasks of an instance hold. It is never nil.
func (s *Snapshot) Usage(instance string) *structs.Usage {
	if r, ok := s.hosts.usage.get(usageRow{instance: instance}); ok {
		return r.usage
	}
	return &structs.Usage{}
}

// account updates the usage of instances for a changed task; either row may be nil.
func (tx *Tx) account(was, is *structs.Task) {
	if was != nil && onInstance(was) {
		u := tx.ownUsage(was.Instance)
		u.CPU -= was.CPU
		u.Memory -= was.Memory
		for _, p := range was.HostPorts() {
			if i, found := slices.BinarySearchFunc(u.Ports, p, structs.ComparePorts); found {
				u.Ports = slices.Delete(u.Ports, i, i+1)
			}
		}
		for _, id := range was.GPUs {
			if i, found := slices.BinarySearch(u.GPUs, id); found {
				u.GPUs = slices.Delete(u.GPUs, i, i+1)
			}
		}
		u.DropAddress(was.Address)
		countTask(u, was, -1)
	}
	if is != nil && onInstance(is) {
		u := tx.ownUsage(is.Instance)
		u.CPU += is.CPU
		u.Memory += is.Memory
		for _, p := range is.HostPorts() {
			i, _ := slices.BinarySearchFunc(u.Ports, p, structs.ComparePorts)
			u.Ports = slices.Insert(u.Ports, i, p)
		}
		for _, id := range is.GPUs {
			i, _ := slices.BinarySearch(u.GPUs, id)
			u.GPUs = slices.Insert(u.GPUs, i, id)
		}
		u.HoldAddress(is.Address)
		countTask(u, is, 1)
	}
}

// countTask counts a task as running or pending, as ECS does: RUNNING, or on its way there.
func countTask(u *structs.Usage, t *structs.Task, by int) {
	switch {
	case t.LastStatus == structs.TaskRunning:
		u.Running += by
	case t.LastStatus < structs.TaskRunning:
		u.Pending += by
	}
}

// ownUsage returns this transaction's own copy of an instance's usage, which it may change.
func (tx *Tx) ownUsage(instance string) *structs.Usage {
	if u := tx.usages[instance]; u != nil {
		return u
	}
	u := *tx.Usage(instance)
	// leaves capacity for the ports of a task or two
	u.Ports = append(make([]structs.Port, 0, len(u.Ports)+4), u.Ports...)
	u.GPUs, u.Addresses = slices.Clone(u.GPUs), slices.Clone(u.Addresses)
	tx.usages[instance] = &u
	tx.touched = append(tx.touched, instance)
	tx.ownHosts().usage.put(usageRow{instance: instance, usage: &u})
	return &u
}
