#!/usr/bin/env bash
# Linux: an alias in the request that creates a network link is dropped without an error; only a change of the link sets it.
#
# Version     github.com/vishvananda/netlink v1.3.1, iproute2 6.1.0 (Debian 12); kernels 6.x
# Behaviour   LinkAdd of a link whose attributes have an Alias sends IFLA_IFALIAS with RTM_NEWLINK, as `ip link add … alias` does.
#             The kernel creates the link and answers with success, and the link has no alias: rtnl_create_link does not look at
#             that attribute. LinkSetAlias, or `ip link set … alias`, afterwards works. (IFLA_ALT_IFNAME is no way out: it has a
#             request of its own.)
# Why         Names of links end after 15 characters, so an alias is the natural place for whose link it is, and a program that finds
#             its links again by their alias after a crash finds none of them. Between creation and the second request there is always
#             a link without an owner, so a sweep must know links by their name too.
# Needs       root, Go, iproute2, unshare; all happens in a network namespace of its own.
# Seen        2026-11-30, twice, on Linux 6.18:
#             LinkAdd with an alias: <nil>, alias ""
#             LinkSetAlias: <nil>, alias "for task 7"
#             ip link add with an alias: status 0, alias ""
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

	"github.com/vishvananda/netlink"
)

func alias(name string) string {
	link, err := netlink.LinkByName(name)
	if err != nil {
		panic(err)
	}
	return link.Attrs().Alias
}

func main() {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.Alias = "veth0", "for task 7"
	link := &netlink.Veth{LinkAttrs: attrs, PeerName: "veth1"}
	fmt.Printf("LinkAdd with an alias: %v, ", netlink.LinkAdd(link))
	fmt.Printf("alias %q\n", alias("veth0"))
	fmt.Printf("LinkSetAlias: %v, ", netlink.LinkSetAlias(link, "for task 7"))
	fmt.Printf("alias %q\n", alias("veth0"))
}
END
go mod tidy >log 2>&1 || { cat log >&2; exit 1; }
CGO_ENABLED=0 go build -o program .

cat >ip.sh <<'END'
status=0
ip link add veth2 alias "for task 8" type veth peer name veth3 || status=$?
echo "ip link add with an alias: status $status, alias \"$(ip link show veth2 | sed -n 's/^ *alias //p')\""
END
got=$(unshare --net -- sh -c './program && sh ip.sh')
want='LinkAdd with an alias: <nil>, alias ""
LinkSetAlias: <nil>, alias "for task 7"
ip link add with an alias: status 0, alias ""'
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'CHANGED; on 2026-11-30 it was:\n%s\n' "$want" >&2; exit 1; }
