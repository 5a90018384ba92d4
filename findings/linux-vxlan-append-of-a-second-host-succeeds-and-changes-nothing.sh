#!/usr/bin/env bash
# Linux, VXLAN: to append a second destination to a MAC address is answered with success, and nothing is changed. To set the one
# of the all-zero address, which does take several, is refused.
#
# Version     github.com/vishvananda/netlink v1.3.1, iproute2 6.1.0 (Debian 12); kernels 6.x
# Behaviour   An entry of a VXLAN device's forwarding table says to which host frames for a MAC address go. NeighAppend (`bridge
#             fdb append`) for a MAC address that is in the table, with another host, returns nil, and the table has the first
#             host alone, as before. NeighAdd fails with EEXIST there, and NeighSet moves the entry. For the all-zero address
#             (broadcast, and what is unknown) all is the other way round: NeighSet is "operation not supported", even if there is
#             no entry yet, and NeighAppend collects hosts, each once however often it is called.
# Why         NeighAppend looks like the call that is always safe: no error, no duplicates. Used for a container that moves to
#             another host it keeps sending the traffic to the old one, with every call successful. A reconciler needs NeighSet for
#             MAC addresses, NeighAppend for the all-zero one, and has to delete that one's old hosts itself.
# Needs       root, Go, iproute2, unshare; all happens in a network namespace of its own.
# Seen        2026-11-30, three times, on Linux 6.18:
#             NeighAppend 02:00:00:00:00:01 192.0.2.1: <nil>; then [192.0.2.1]
#             NeighAppend 02:00:00:00:00:01 192.0.2.2: <nil>; then [192.0.2.1]
#             bridge fdb append: <nil>
#             NeighAdd 02:00:00:00:00:01 192.0.2.2: file exists; then [192.0.2.1]
#             NeighSet 02:00:00:00:00:01 192.0.2.2: <nil>; then [192.0.2.2]
#             NeighSet 00:00:00:00:00:00 192.0.2.1: operation not supported; then []
#             NeighAppend 00:00:00:00:00:00 192.0.2.1: <nil>; then [192.0.2.1]
#             NeighAppend 00:00:00:00:00:00 192.0.2.2: <nil>; then [192.0.2.1 192.0.2.2]
#             NeighAppend 00:00:00:00:00:00 192.0.2.2: <nil>; then [192.0.2.1 192.0.2.2]
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"

cat >go.mod <<'END'
module finding

go 1.25

require github.com/vishvananda/netlink v1.3.1
END
cat >main.go <<'END'
package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"sort"
	"syscall"

	"github.com/vishvananda/netlink"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

var (
	one  = net.HardwareAddr{0x02, 0, 0, 0, 0, 1}
	zero = net.HardwareAddr{0, 0, 0, 0, 0, 0}
)

func main() {
	must(netlink.LinkAdd(&netlink.Vxlan{LinkAttrs: netlink.LinkAttrs{Name: "vx"}, VxlanId: 7, Port: 4789}))
	link, err := netlink.LinkByName("vx")
	must(err)
	index := link.Attrs().Index

	// try makes one call and prints its error and the hosts that the address has after it.
	try := func(name string, call func(*netlink.Neigh) error, mac net.HardwareAddr, host string) {
		err := call(&netlink.Neigh{LinkIndex: index, Family: syscall.AF_BRIDGE, Flags: netlink.NTF_SELF,
			State: netlink.NUD_PERMANENT, HardwareAddr: mac, IP: net.ParseIP(host)})
		all, listed := netlink.NeighList(index, syscall.AF_BRIDGE)
		must(listed)
		var hosts []string
		for _, entry := range all {
			if entry.HardwareAddr.String() == mac.String() {
				hosts = append(hosts, entry.IP.String())
			}
		}
		sort.Strings(hosts)
		fmt.Printf("%s %s %s: %v; then %v\n", name, mac, host, err, hosts)
	}
	try("NeighAppend", netlink.NeighAppend, one, "192.0.2.1")
	try("NeighAppend", netlink.NeighAppend, one, "192.0.2.2")
	command := exec.Command("bridge", "fdb", "append", one.String(), "dev", "vx", "dst", "192.0.2.2")
	command.Stderr = os.Stderr
	fmt.Println("bridge fdb append:", command.Run())
	try("NeighAdd", netlink.NeighAdd, one, "192.0.2.2")
	try("NeighSet", netlink.NeighSet, one, "192.0.2.2")

	try("NeighSet", netlink.NeighSet, zero, "192.0.2.1")
	try("NeighAppend", netlink.NeighAppend, zero, "192.0.2.1")
	try("NeighAppend", netlink.NeighAppend, zero, "192.0.2.2")
	try("NeighAppend", netlink.NeighAppend, zero, "192.0.2.2")
}
END
go mod tidy >log 2>&1 || { cat log >&2; exit 1; }
go build -o program .
want='NeighAppend 02:00:00:00:00:01 192.0.2.1: <nil>; then [192.0.2.1]
NeighAppend 02:00:00:00:00:01 192.0.2.2: <nil>; then [192.0.2.1]
bridge fdb append: <nil>
NeighAdd 02:00:00:00:00:01 192.0.2.2: file exists; then [192.0.2.1]
NeighSet 02:00:00:00:00:01 192.0.2.2: <nil>; then [192.0.2.2]
NeighSet 00:00:00:00:00:00 192.0.2.1: operation not supported; then []
NeighAppend 00:00:00:00:00:00 192.0.2.1: <nil>; then [192.0.2.1]
NeighAppend 00:00:00:00:00:00 192.0.2.2: <nil>; then [192.0.2.1 192.0.2.2]
NeighAppend 00:00:00:00:00:00 192.0.2.2: <nil>; then [192.0.2.1 192.0.2.2]'
got=$(unshare --net ./program)
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'CHANGED; on 2026-11-30 it was:\n%s\n' "$want" >&2; exit 1; }
