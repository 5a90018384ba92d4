package network

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/netip"

	"github.com/gantry-project/gantry/structs"
)

// Links have names of at most 15 characters.
const (
	taskLink    = "t"      // begins the names of tasks' links in the router
	machineLink = "host"   // the router's link to the machine
	ethernet    = "eth0"   // a task's only link
	tunnelLink  = "vxlan"  // in the router
	ownPrefix   = "gantry" // begins the names of what a machine's namespace sees
)

// tag returns 8 hex digits that stand for an instance in names.
func tag(instance string) string { return digits(instance, 8) }

// linkOf returns the name of a task's link in the router.
func linkOf(task string) string { return taskLink + digits(task, 14) }

func digits(of string, n int) string {
	sum := sha256.Sum256([]byte(of))
	return hex.EncodeToString(sum[:])[:n]
}

// routerName returns the name of the router of a tag, as a namespace.
func routerName(tag string) string { return ownPrefix + "-" + tag }

// linkName returns the name of the machine's link to the router, and of the table of its rules.
func linkName(tag string) string { return ownPrefix + tag }

// block is the range of addresses of an instance's tasks. Its first address is the machine's, and
// the next one the router's, so that both can be reached from all tasks; the servers give neither
// to a task.
type block struct{ netip.Prefix }

func (b block) machine() netip.Addr { return b.Masked().Addr() }
func (b block) router() netip.Addr  { return b.machine().Next() }

// has reports whether an address is one of the block's tasks.
func (b block) has(a netip.Addr) bool {
	return b.IsValid() && b.Contains(a) && a != b.router() && a != b.machine()
}

// macOf returns the hardware address that belongs to an address.
func macOf(a netip.Addr) net.HardwareAddr {
	mac, _ := net.ParseMAC(structs.TaskMAC(a.String())) // always well formed
	return mac
}

// one returns the range of a single address.
func one(a netip.Addr) *net.IPNet { return ipNet(netip.PrefixFrom(a, 32)) }

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: net.IP(p.Masked().Addr().AsSlice()), Mask: net.CIDRMask(p.Bits(), 32)}
}

func ip(a netip.Addr) net.IP { return net.IP(a.AsSlice()) }

// addrOf returns the address of a net.IP; it is not valid if there is none.
func addrOf(i net.IP) netip.Addr {
	a, _ := netip.AddrFromSlice(i)
	return a.Unmap()
}

// prefixOf returns the range of a route; the zero one for the default route.
func prefixOf(n *net.IPNet) netip.Prefix {
	if n == nil {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	bits, _ := n.Mask.Size()
	return netip.PrefixFrom(addrOf(n.IP), bits)
}
