package structs

import (
	"cmp"
	"net/netip"
	"slices"
)

// Port is a port of a host: a number and a protocol.
type Port struct {
	Number   uint16 `json:"number" cbor:"1,keyasint"`
	Protocol string `json:"protocol" cbor:"2,keyasint"` // tcp or udp
}

// ComparePorts orders ports by protocol, then number.
func ComparePorts(a, b Port) int {
	return cmp.Or(cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Number, b.Number))
}

// Resources are an amount: what an instance has, what a task needs, or what is in use.
type Resources struct {
	CPU    int64  `json:"cpu" cbor:"1,keyasint"`    // units, 1024 to a core
	Memory int64  `json:"memory" cbor:"2,keyasint"` // MiB
	Ports  []Port `json:"ports,omitzero" cbor:"3,keyasint,omitzero"`
	GPUs   int    `json:"gpus,omitzero" cbor:"4,keyasint,omitzero"` // how many
	// Addresses is how many addresses of the instance's block: one for each awsvpc task.
	Addresses int `json:"addresses,omitzero" cbor:"5,keyasint,omitzero"`
}

// Usage is what the tasks of one instance hold. State updates it with every change of a task.
// Ports, GPUs and addresses are sorted; the instance's reserved ports are not among them.
type Usage struct {
	CPU    int64    `json:"cpu"`
	Memory int64    `json:"memory"`
	Ports  []Port   `json:"ports,omitzero"`
	GPUs   []string `json:"gpus,omitzero"` // ids
	// Addresses are those of awsvpc tasks.
	Addresses []netip.Addr `json:"addresses,omitzero"`
	Running   int          `json:"runningTasks"` // tasks that are RUNNING
	Pending   int          `json:"pendingTasks"` // tasks placed and not yet RUNNING
}

// HasPort reports whether a port is in use.
func (u *Usage) HasPort(p Port) bool {
	_, found := slices.BinarySearchFunc(u.Ports, p, ComparePorts)
	return found
}

// HostPorts returns the host ports that a task holds: the ports it was placed with, and those that
// Docker chose.
func (t *Task) HostPorts() []Port {
	ports := slices.Clone(t.Ports)
	for _, c := range t.Containers {
		for _, b := range c.NetworkBindings {
			if b.HostPort != nil && *b.HostPort > 0 {
				ports = append(ports, Port{Number: uint16(*b.HostPort), Protocol: b.Protocol})
			}
		}
	}
	slices.SortFunc(ports, ComparePorts)
	return slices.Compact(ports)
}
