package state

import (
	"cmp"
	"encoding/binary"
	"iter"
	"math"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// className is the name of a class.
type className struct{ cluster, key string }

// class holds the instances of a cluster that placement cannot tell apart, except by what is free
// on them (structs.HostClass). It is immutable.
type class struct {
	className
	byMemory, byCPU shelf
}

func lessClass(a, b *class) bool {
	return cmp.Or(cmp.Compare(a.cluster, b.cluster), cmp.Compare(a.key, b.key)) < 0
}

// host is an instance in the index of classes.
type host struct {
	structs.Host
	id    string
	class className
}

func lessHost(a, b *host) bool { return a.id < b.id }

// Classes returns the classes of like instances of a cluster, including DRAINING and INACTIVE ones.
// They are as of the last transaction that has ended.
func (s *Snapshot) Classes(cluster string) iter.Seq[structs.HostClass] {
	return func(yield func(structs.HostClass) bool) {
		for c := range s.hosts.classes.from(&class{className: className{cluster: cluster}}) {
			if c.cluster != cluster || !yield(c) {
				return
			}
		}
	}
}

func (c *class) Like() *structs.ContainerInstance { return c.byMemory.blocks[0].spots[0].host.Instance }

func (c *class) Fullest(need *structs.Resources, cpuFirst bool) (next func() *structs.Host) {
	if cpuFirst {
		return c.byCPU.from(least(need.CPU), least(need.Memory))
	}
	return c.byMemory.from(least(need.Memory), least(need.CPU))
}

// least returns how much of an amount must be free. A task that needs none fits even where the free
// amount is negative.
func least(needed int64) int64 {
	if needed == 0 {
		return math.MinInt64
	}
	return needed
}

// classKey returns the same text for instances that are alike. Placement looks at the fields that
// it leaves out for each instance (a test lists them).
func classKey(i *structs.ContainerInstance) string {
	var key []byte
	add := func(text string) { key = append(binary.AppendUvarint(key, uint64(len(text))), text...) }
	add(i.Status)
	add(i.Zone)
	add(i.CapacityProvider)
	if i.AgentConnected {
		add("connected")
	}
	if i.Impaired() {
		add("impaired")
	}
	if i.HeldUntil != 0 {
		add("held")
	}
	if i.Network.Runs() {
		add("awsvpc")
	}
	for _, list := range [][]structs.Attribute{i.Attributes, i.Custom} {
		add("")
		for _, a := range list {
			add(a.Name)
			add(a.Value)
		}
	}
	return string(key)
}

// moves are the hosts that leave a class and the hosts that join it.
type moves struct{ out, in []*structs.Host }

// reclass updates the index of classes with the transaction's changes. It runs at the end, and so
// once for each instance, however many tasks the transaction puts there.
func (tx *Tx) reclass() {
	if len(tx.touched) == 0 {
		return
	}
	hosts, changed := tx.ownHosts().hosts, map[className]moves{}
	slices.Sort(tx.touched)
	for _, id := range slices.Compact(tx.touched) {
		was, _ := hosts.get(&host{id: id})
		if was != nil {
			m := changed[was.class]
			m.out = append(m.out, &was.Host)
			changed[was.class] = m
		}
		i := tx.Instance(id)
		if i == nil {
			hosts.remove(&host{id: id})
			continue
		}
		is := &host{Host: structs.Host{Instance: i, Usage: tx.Usage(id)}, id: i.ID}
		if was != nil && was.Instance == i {
			is.class = was.class
		} else {
			is.class = className{i.Cluster, classKey(i)}
		}
		hosts.put(is)
		m := changed[is.class]
		m.in = append(m.in, &is.Host)
		changed[is.class] = m
	}
	// classes are independent of each other: the order does not matter
	for name, m := range changed {
		tx.move(name, m)
	}
}

// move changes which hosts are in a class, and removes a class that has none left.
func (tx *Tx) move(name className, m moves) {
	classes, is := tx.ownHosts().classes, &class{className: name}
	if was, _ := classes.get(is); was != nil {
		is.className, is.byMemory, is.byCPU = was.className, was.byMemory, was.byCPU
	}
	is.byMemory = is.byMemory.with(spots(m.out, byMemory), spots(m.in, byMemory))
	is.byCPU = is.byCPU.with(spots(m.out, byCPU), spots(m.in, byCPU))
	if len(is.byMemory.blocks) == 0 {
		classes.remove(is)
	} else {
		classes.put(is)
	}
}

func spots(hosts []*structs.Host, of func(*structs.Host) spot) []spot {
	spots := make([]spot, len(hosts))
	for n, h := range hosts {
		spots[n] = of(h)
	}
	return spots
}

func byMemory(h *structs.Host) spot { return spot{h.FreeMemory(), h.FreeCPU(), h} }
func byCPU(h *structs.Host) spot    { return spot{h.FreeCPU(), h.FreeMemory(), h} }
