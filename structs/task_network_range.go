package structs

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"net/netip"
	"slices"
)

// TaskNetwork is the range of the addresses of all awsvpc tasks of all clusters, and how it is cut
// into blocks, one for each instance. Servers have it from their flags. The zero value is no range:
// no instance gets a block.
type TaskNetwork struct {
	Range string `cbor:"1,keyasint"` // in CIDR notation
	// BlockBits is the length of the prefix of a block, such as 24.
	BlockBits int `cbor:"2,keyasint"`
}

// DefaultTaskNetwork has 256 blocks for 253 tasks each.
func DefaultTaskNetwork() TaskNetwork { return TaskNetwork{Range: "10.213.0.0/16", BlockBits: 24} }

// reservedAddresses of a block are not for tasks: that of the network, the first one, which is the
// router's, and that of broadcasts.
const reservedAddresses = 3

// The lengths of prefixes that are allowed. A block has at least 16 addresses.
const (
	minRangeBits = 8
	maxBlockBits = 28
)

// NewTaskNetwork returns the network with a range, after checking that it can be used: IPv4,
// private, and large enough for two instances.
func NewTaskNetwork(text string, blockBits int) (TaskNetwork, error) {
	p, err := netip.ParsePrefix(text)
	shared := netip.MustParsePrefix("100.64.0.0/10") // RFC 6598
	switch {
	case err != nil || !p.Addr().Is4():
		return TaskNetwork{}, fmt.Errorf("%q is not a range of IPv4 addresses, such as 10.213.0.0/16", text)
	case p != p.Masked():
		return TaskNetwork{}, fmt.Errorf("%s is an address inside a range: use %s", p, p.Masked())
	case p.Bits() < minRangeBits:
		return TaskNetwork{}, fmt.Errorf("%s is too large: use a /%d or smaller", p, minRangeBits)
	case !p.Addr().IsPrivate() && !(shared.Overlaps(p) && shared.Bits() <= p.Bits()):
		return TaskNetwork{}, fmt.Errorf("%s is not private: use a part of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or %s", p, shared)
	case p.Addr().IsPrivate() && !lastOf(p).IsPrivate():
		return TaskNetwork{}, fmt.Errorf("%s is not private as a whole: use a part of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or %s", p, shared)
	case blockBits > maxBlockBits:
		return TaskNetwork{}, fmt.Errorf("a block of prefix length %d is too small: use %d or less", blockBits, maxBlockBits)
	case blockBits <= p.Bits():
		return TaskNetwork{}, fmt.Errorf("%s has no room for two blocks of prefix length %d: use a larger range, or smaller blocks", p, blockBits)
	}
	return TaskNetwork{Range: p.String(), BlockBits: blockBits}, nil
}

func lastOf(p netip.Prefix) netip.Addr {
	return addrOf(numberOf(p.Addr()) | (1<<(32-p.Bits()) - 1))
}

func numberOf(a netip.Addr) uint32 { b := a.As4(); return binary.BigEndian.Uint32(b[:]) }

func addrOf(n uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b)
}

// prefix returns a range or block as a prefix, and false for one that is empty or makes no sense.
func prefix(text string) (netip.Prefix, bool) {
	p, err := netip.ParsePrefix(text)
	return p, err == nil && p.Addr().Is4()
}

// Blocks returns how many blocks the range has.
func (n TaskNetwork) Blocks() int {
	p, ok := prefix(n.Range)
	if !ok || n.BlockBits < p.Bits() {
		return 0
	}
	return 1 << (n.BlockBits - p.Bits())
}

// Block returns a block of the range by its number, from 0.
func (n TaskNetwork) Block(number int) string {
	p, _ := prefix(n.Range)
	first := numberOf(p.Addr()) + uint32(number)<<(32-n.BlockBits)
	return netip.PrefixFrom(addrOf(first), n.BlockBits).String()
}

// Covers returns the numbers of the blocks of the range that share addresses with a block, which
// may be of another range. There are none if to is less than from.
func (n TaskNetwork) Covers(block string) (from, to int) {
	b, ok := prefix(block)
	p, has := prefix(n.Range)
	if !ok || !has || !p.Overlaps(b) {
		return 0, -1
	}
	base, shift := numberOf(p.Addr()), 32-n.BlockBits
	first, last := max(base, numberOf(b.Masked().Addr())), min(numberOf(lastOf(p)), numberOf(lastOf(b.Masked())))
	return int((first - base) >> shift), int((last - base) >> shift)
}

// Has reports whether a text is one of the blocks of the range.
func (n TaskNetwork) Has(block string) bool {
	b, ok := prefix(block)
	if !ok || b.Bits() != n.BlockBits {
		return false
	}
	from, to := n.Covers(block)
	return from == to && n.Block(from) == block
}

// BlockRoom returns how many tasks can have an address of a block.
func BlockRoom(block string) int {
	b, ok := prefix(block)
	if !ok || b.Bits() > maxBlockBits {
		return 0
	}
	return 1<<(32-b.Bits()) - reservedAddresses
}

// TaskAddress chooses the address of a task out of a block, given those that are in use, sorted. It
// is the same for the same arguments. It begins to look at an address that depends on the task's
// id, so an address is rarely used again soon after its task has ended. It returns false if none is
// free.
func TaskAddress(block, task string, used []netip.Addr) (netip.Addr, bool) {
	b, ok := prefix(block)
	room := uint32(BlockRoom(block))
	if !ok || room == 0 {
		return netip.Addr{}, false
	}
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(task)) // never fails
	first := numberOf(b.Masked().Addr()) + reservedAddresses - 1
	for n, at := uint32(0), sum.Sum32()%room; n < room; n, at = n+1, (at+1)%room {
		a := addrOf(first + at)
		if _, taken := findAddress(used, a); !taken {
			return a, true
		}
	}
	return netip.Addr{}, false
}

// findAddress returns where an address is, or would be, in a sorted list.
func findAddress(sorted []netip.Addr, a netip.Addr) (at int, found bool) {
	return slices.BinarySearchFunc(sorted, a, netip.Addr.Compare)
}

// HoldAddress adds the address of a task to those in use; an empty one changes nothing.
func (u *Usage) HoldAddress(text string) {
	if text == "" {
		return
	}
	if a, err := netip.ParseAddr(text); err == nil {
		at, _ := findAddress(u.Addresses, a)
		u.Addresses = slices.Insert(u.Addresses, at, a)
	}
}

// DropAddress undoes HoldAddress.
func (u *Usage) DropAddress(text string) {
	if text == "" {
		return
	}
	if a, err := netip.ParseAddr(text); err == nil {
		if at, found := findAddress(u.Addresses, a); found {
			u.Addresses = slices.Delete(u.Addresses, at, at+1)
		}
	}
}

// FreeAddresses returns how many more awsvpc tasks the instance has addresses for. Addresses that
// tasks still hold outside its block count as used.
func (h *Host) FreeAddresses() int {
	if !h.Instance.Network.Runs() {
		return 0
	}
	return max(0, BlockRoom(h.Instance.Network.Block)-len(h.Usage.Addresses))
}
