package dns

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gantry-project/gantry/structs"
)

// Suffix is the zone of the cluster's own names.
const Suffix = "gantry"

// table holds the names. Keys are names in wire form, in lower case.
type table struct {
	mu    sync.RWMutex
	names map[string]*entry
	// inner are the names that exist only because others are below them, or that are zones, with
	// how many those are.
	inner map[string]int
	zones map[string]bool
	// holders are the tasks that have an address, for the names of addresses.
	holders map[netip.Addr]map[holder]bool
	serial  uint32 // of the zones
}

// holder is a task that has an address under a name.
type holder struct{ task, name string }

// entry is a name. It never changes but for next.
type entry struct {
	structs.TrafficName
	v4, v6 []byte        // packed A and AAAA records, in a random order
	next   atomic.Uint32 // where the next answer begins
}

// The sizes of packed records: a pointer to the question's name, type, class, TTL, the length of
// the data, and an address.
const (
	sizeA    = 12 + 4
	sizeAAAA = 12 + 16
)

func newTable() *table {
	t := &table{}
	t.reset()
	return t
}

func (t *table) reset() {
	t.names, t.inner, t.zones = map[string]*entry{}, map[string]int{}, map[string]bool{}
	t.holders = map[netip.Addr]map[holder]bool{}
	t.put(structs.TrafficName{Name: Suffix, Zone: true})
}

// apply makes the table what a frame says.
func (t *table) apply(f structs.TrafficFrame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f.Full {
		t.reset()
	}
	if f.Index > 0 {
		t.serial = uint32(f.Index)
	}
	for _, name := range f.GoneNames {
		if key, ok := wire(name); ok {
			t.remove(key)
		}
	}
	for _, name := range f.Names {
		t.put(name)
	}
}

func (t *table) put(name structs.TrafficName) {
	key, ok := wire(name.Name)
	if !ok {
		return // nobody can ask for it
	}
	t.remove(key)
	e := &entry{TrafficName: name}
	for _, n := range rand.Perm(len(name.Addresses)) {
		e.pack(name.Addresses[n].Address, name.TTL)
	}
	t.names[key] = e
	if name.Zone {
		t.zones[key] = true
	}
	for above := parent(key); len(above) > 1; above = parent(above) {
		t.inner[above]++
	}
	for _, a := range name.Addresses {
		if at, err := netip.ParseAddr(a.Address); err == nil && a.Task != "" {
			if t.holders[at] == nil {
				t.holders[at] = map[holder]bool{}
			}
			t.holders[at][holder{a.Task, name.Name}] = true
		}
	}
}

func (t *table) remove(key string) {
	e := t.names[key]
	if e == nil {
		return
	}
	delete(t.names, key)
	delete(t.zones, key)
	for above := parent(key); len(above) > 1; above = parent(above) {
		if t.inner[above]--; t.inner[above] == 0 {
			delete(t.inner, above)
		}
	}
	for _, a := range e.Addresses {
		if at, err := netip.ParseAddr(a.Address); err == nil {
			if delete(t.holders[at], holder{a.Task, e.Name}); len(t.holders[at]) == 0 {
				delete(t.holders, at)
			}
		}
	}
}

// pack adds an address.
func (e *entry) pack(address string, ttl uint32) {
	a, err := netip.ParseAddr(address)
	switch {
	case err != nil:
	case a.Is4():
		e.v4 = append(packHead(e.v4, typeA, ttl, 4), a.AsSlice()...)
	default:
		e.v6 = append(packHead(e.v6, typeAAAA, ttl, 16), a.AsSlice()...)
	}
}

// packHead appends the head of a record whose name is that of the question.
func packHead(to []byte, kind uint16, ttl uint32, size uint16) []byte {
	to = append(to, 0xc0, headerSize)
	to = binary.BigEndian.AppendUint16(to, kind)
	to = binary.BigEndian.AppendUint16(to, classIN)
	to = binary.BigEndian.AppendUint32(to, ttl)
	return binary.BigEndian.AppendUint16(to, size)
}

// zoneOf returns the offset in a key of the smallest zone that it is in, or -1 if it is in none.
// Callers hold mu.
func (t *table) zoneOf(key []byte) int {
	for at := 0; at < len(key) && key[at] != 0; at += int(key[at]) + 1 {
		if t.zones[string(key[at:])] {
			return at
		}
	}
	return -1
}

// wire returns a name in wire form, in lower case, or false if it cannot be asked for: a label may
// have 63 bytes, and a name 255.
func wire(name string) (string, bool) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	var b strings.Builder
	for label := range strings.SplitSeq(name, ".") {
		if len(label) == 0 || len(label) > 63 {
			return "", false
		}
		b.WriteByte(byte(len(label)))
		b.WriteString(label)
	}
	b.WriteByte(0)
	return b.String(), b.Len() <= maxName
}

// parent returns the name above another, both in wire form.
func parent(key string) string { return key[1+int(key[0]):] }
