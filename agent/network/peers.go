package network

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/gantry-project/gantry/structs"
)

// The values of --task-traffic: how packets travel between the tasks of two machines.
const (
	// TrafficAuto is WireGuard between two instances whose kernels have it, and VXLAN otherwise.
	TrafficAuto = "auto"
	// TrafficWireGuard is WireGuard only: instances without it are not reached.
	TrafficWireGuard = "wireguard"
	// TrafficVXLAN is VXLAN, which does not encrypt.
	TrafficVXLAN = "vxlan"
	// TrafficRoutes is no tunnel at all: all instances must be on one link, and say the same.
	TrafficRoutes = "routes"
)

// CheckTraffic returns an error unless a text is one of the values above.
func CheckTraffic(text string) error {
	all := []string{TrafficAuto, TrafficWireGuard, TrafficVXLAN, TrafficRoutes}
	if !slices.Contains(all, text) {
		return fmt.Errorf("%q is none of %s", text, strings.Join(all, ", "))
	}
	return nil
}

// peer is another instance whose tasks are reached.
type peer struct {
	instance string
	address  netip.Addr // of the machine
	block    block
	key      string // WireGuard's public one, base64
}

// parsePeer reads what the servers say about another instance.
func parsePeer(p structs.NetworkPeer) (peer, error) {
	address, err := netip.ParseAddr(p.Address)
	prefix, blockErr := netip.ParsePrefix(p.Block)
	if err := errors.Join(err, blockErr); err != nil {
		return peer{}, fmt.Errorf("instance %s: %w", p.Instance, err)
	}
	return peer{instance: p.Instance, address: address.Unmap(), block: block{prefix.Masked()}, key: p.Key}, nil
}

// way returns how the tasks of another instance are reached, one of the values above; "" if they
// are not. Both instances decide alike: each has a key exactly if the other one knows it.
func way(traffic, ownKey string, p peer) string {
	encrypted := ownKey != "" && p.key != ""
	switch {
	case traffic == TrafficAuto && encrypted, traffic == TrafficWireGuard && encrypted:
		return TrafficWireGuard
	case traffic == TrafficAuto:
		return TrafficVXLAN
	case traffic == TrafficWireGuard:
		return ""
	default:
		return traffic
	}
}

// tunnel returns the device of a way to other instances; nil if there is none. Without peers it
// removes the device.
func (r *router) tunnel(name string, peers []peer) (netlink.Link, error) {
	link, err := findLink(r.inside, name)
	if err != nil || link == nil || len(peers) > 0 {
		return link, err
	}
	return nil, r.inside.LinkDel(link)
}

// setRoutes makes the routes over a link exactly those that are wanted, by range.
func setRoutes(in *space, link netlink.Link, wanted map[netip.Prefix]netlink.Route) error {
	index := link.Attrs().Index
	present, err := in.RouteListFiltered(unix.AF_INET, &netlink.Route{LinkIndex: index}, netlink.RT_FILTER_OIF)
	if err != nil {
		return err
	}
	for _, route := range present {
		dst := prefixOf(route.Dst)
		want, ok := wanted[dst]
		switch {
		case ok && addrOf(route.Gw) == addrOf(want.Gw):
			delete(wanted, dst)
		case !ok && dst.Bits() > 0: // one with another gateway is replaced below
			err = errors.Join(err, in.RouteDel(&route))
		}
	}
	for _, route := range wanted {
		route.LinkIndex = index
		err = errors.Join(err, in.RouteReplace(&route))
	}
	return err
}
