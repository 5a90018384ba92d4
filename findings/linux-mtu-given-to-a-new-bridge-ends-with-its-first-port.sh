#!/usr/bin/env bash
# Linux: the MTU in the request that creates a bridge holds until the first port joins; one that is set afterwards holds for good.
#
# Version     github.com/vishvananda/netlink v1.3.1, iproute2 6.1.0 (Debian 12); kernels 6.x
# Behaviour   A bridge's MTU follows the smallest of its ports, unless someone has set it. Only a change of the bridge counts as
#             setting: `ip link add br0 mtu 1400 type bridge`, or LinkAdd with LinkAttrs.MTU, gives a bridge that has 1400, and
#             has 1500 once a port of 1500 joins. The same 1400 by `ip link set`, or LinkSetMTU, stays. A change to the value
#             that the bridge has already (1500) is no change either: it sets nothing, and a port of 1300 takes the bridge down
#             to 1300.
# Why         Bridges over a tunnel need a smaller MTU than the ports' default. One call that names it looks done, and `ip link`
#             shows it right until the first container comes. After that hosts send packets that the tunnel drops: small
#             requests work and large answers hang. Set the MTU after creation, to be safe by way of another value, or set it
#             on each port.
# Needs       root, Go, iproute2, unshare; all happens in a network namespace of its own.
# Seen        2026-11-30, three times, on Linux 6.18:
#             by LinkAdd: 1400, with a port of 1500: 1500
#             by ip link add: 1400, with a port of 1500: 1500
#             by LinkSetMTU: 1400, with a port of 1500: 1400
#             set to the 1500 that it has: 1500, with a port of 1300: 1300
#             set to 1501 and then 1500: 1500, with a port of 1300: 1500
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
	"os/exec"

	"github.com/vishvananda/netlink"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func find(name string) netlink.Link {
	link, err := netlink.LinkByName(name)
	must(err)
	return link
}

// try tells the MTU of the bridge called name before and after a new port with the MTU given joins it.
func try(how, name string, port int) {
	before := find(name).Attrs().MTU
	must(netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name + "port", MTU: port}, PeerName: name + "peer"}))
	must(netlink.LinkSetMaster(find(name+"port"), find(name)))
	fmt.Printf("%s: %d, with a port of %d: %d\n", how, before, port, find(name).Attrs().MTU)
}

func bridge(name string, mtu int) {
	must(netlink.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: name, MTU: mtu}}))
}

func main() {
	bridge("b1", 1400)
	try("by LinkAdd", "b1", 1500)

	must(exec.Command("ip", "link", "add", "b2", "mtu", "1400", "type", "bridge").Run())
	try("by ip link add", "b2", 1500)

	bridge("b3", 0)
	must(netlink.LinkSetMTU(find("b3"), 1400))
	try("by LinkSetMTU", "b3", 1500)

	bridge("b4", 0)
	must(netlink.LinkSetMTU(find("b4"), 1500))
	try("set to the 1500 that it has", "b4", 1300)

	bridge("b5", 0)
	must(netlink.LinkSetMTU(find("b5"), 1501))
	must(netlink.LinkSetMTU(find("b5"), 1500))
	try("set to 1501 and then 1500", "b5", 1300)
}
END
go mod tidy >log 2>&1 || { cat log >&2; exit 1; }
go build -o program .
want='by LinkAdd: 1400, with a port of 1500: 1500
by ip link add: 1400, with a port of 1500: 1500
by LinkSetMTU: 1400, with a port of 1500: 1400
set to the 1500 that it has: 1500, with a port of 1300: 1300
set to 1501 and then 1500: 1500, with a port of 1300: 1500'
got=$(unshare --net ./program)
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'CHANGED; on 2026-11-30 it was:\n%s\n' "$want" >&2; exit 1; }
