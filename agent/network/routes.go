package network

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// routes makes the machine's own routes reach exactly these peers, and the router's lead there.
// Each machine must be on a link of this one.
func (r *router) routes(own block, peers []peer) error {
	inner, err := r.inside.LinkByName(machineLink)
	if err != nil {
		return err
	}
	in := map[netip.Prefix]netlink.Route{}
	out := map[netip.Prefix]netlink.Route{}
	var failed error
	for _, p := range peers {
		way, err := r.machine.RouteGet(ip(p.address))
		switch {
		case err != nil || len(way) == 0:
			failed = errors.Join(failed, fmt.Errorf("there is no route to %s: %w", p.address, err))
			continue
		case len(way[0].Gw) > 0:
			failed = errors.Join(failed, fmt.Errorf("%s is not on a link of this machine, but behind %s: use another --task-traffic", p.address, way[0].Gw))
			continue
		}
		out[p.block.Prefix] = netlink.Route{
			LinkIndex: way[0].LinkIndex, Dst: ipNet(p.block.Prefix), Gw: ip(p.address), Src: ip(own.machine()), Protocol: routeProtocol,
		}
		in[p.block.Prefix] = netlink.Route{Dst: ipNet(p.block.Prefix), Gw: ip(own.machine()), Src: ip(own.router()), Flags: int(netlink.FLAG_ONLINK)}
	}
	return errors.Join(failed, r.machineRoutes(out), setRoutes(r.inside, inner, withOwn(in, own)))
}

// routeProtocol marks the machine's routes as ours.
const routeProtocol = 213

// withOwn adds the route to the machine itself, which the router has over the same link.
func withOwn(routes map[netip.Prefix]netlink.Route, own block) map[netip.Prefix]netlink.Route {
	routes[netip.PrefixFrom(own.machine(), 32)] = netlink.Route{Dst: one(own.machine()), Src: ip(own.router()), Scope: netlink.SCOPE_LINK}
	return routes
}

// machineRoutes makes the machine's marked routes those that are wanted, by range.
func (r *router) machineRoutes(wanted map[netip.Prefix]netlink.Route) error {
	present, err := r.machine.RouteListFiltered(unix.AF_INET, &netlink.Route{Protocol: routeProtocol}, netlink.RT_FILTER_PROTOCOL)
	if err != nil {
		return err
	}
	for _, route := range present {
		dst := prefixOf(route.Dst)
		want, ok := wanted[dst]
		if ok && addrOf(route.Gw) == addrOf(want.Gw) && route.LinkIndex == want.LinkIndex {
			delete(wanted, dst)
		} else if !ok {
			err = errors.Join(err, r.machine.RouteDel(&route))
		}
	}
	for _, route := range wanted {
		err = errors.Join(err, r.machine.RouteReplace(&route))
	}
	return err
}
