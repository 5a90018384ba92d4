package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// connectAddresses are the addresses at which agents answer for services of Service Connect. Each
// agent has a part of connectPart bits: that of the number of its resolver.
var connectAddresses = netip.MustParsePrefix("169.254.176.0/20")

const connectPart = 24

// ConnectAddresses returns the addresses of this agent for Service Connect.
func (e *Endpoint) ConnectAddresses() (netip.Prefix, error) {
	e.mu.Lock()
	number := int(e.resolver.As4()[3]) - 1
	e.mu.Unlock()
	first := connectAddresses.Addr().As4()
	if most := 1 << (connectPart - connectAddresses.Bits()); number >= most {
		return netip.Prefix{}, fmt.Errorf("at most %d agents of a machine can have Service Connect", most)
	}
	first[2] += byte(number)
	return netip.PrefixFrom(netip.AddrFrom4(first), connectPart), nil
}

// ListenAt listens at an address of ConnectAddresses.
func (e *Endpoint) ListenAt(address string) (l net.Listener, err error) {
	err = e.do(func() error {
		l, err = new(net.ListenConfig).Listen(context.Background(), "tcp4", address)
		return err
	})
	return l, err
}

// connectRoutes leads all connectAddresses of the machine into the endpoint, where they are local.
func (e *Endpoint) connectRoutes(outer, lo netlink.Link) error {
	to := ipNet(connectAddresses)
	return errors.Join(
		e.inside.RouteReplace(&netlink.Route{
			LinkIndex: lo.Attrs().Index, Dst: to, Table: unix.RT_TABLE_LOCAL, Type: unix.RTN_LOCAL, Scope: netlink.SCOPE_HOST,
		}),
		e.machine.RouteReplace(&netlink.Route{
			LinkIndex: outer.Attrs().Index, Dst: to, Gw: ip(endpointAddress), Src: ip(endpointMachine), Flags: int(netlink.FLAG_ONLINK),
		}),
	)
}
