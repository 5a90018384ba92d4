package network

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const (
	// DefaultVXLANPort is VXLAN's registered port, UDP. Docker Swarm may use it at the same time:
	// the kernel tells networks apart by their numbers.
	DefaultVXLANPort = 4789
	// vxlanHeaders is what VXLAN adds to a packet: IPv4 20, UDP 8, VXLAN 8, Ethernet 14.
	vxlanHeaders = 50
)

// networkNumber returns the VXLAN number (VNI) of a cluster's range, so that two clusters can share
// machines. Swarm's count from 4096; ours are above 65535.
func networkNumber(all netip.Prefix) int {
	sum := sha256.Sum256([]byte("gantry task network " + all.String()))
	return 1<<16 | int(sum[0])<<16 | int(sum[1])<<8 | int(sum[2])
}

// vxlan makes the VXLAN reach exactly these peers. There is one entry for each of three things:
// the machine that has a router (by the router's hardware address), the router's hardware address,
// and the range behind the router. Nothing is learned or asked on the wire.
func (r *router) vxlan(all netip.Prefix, own block, peers []peer, port, mtu int) error {
	link, err := r.tunnel(tunnelLink, peers)
	if err != nil || len(peers) == 0 {
		return err
	}
	if link, err = r.vxlanLink(link, all, own, port, mtu); err != nil {
		return fmt.Errorf("make the VXLAN: %w", err)
	}
	machines, routers := map[string]peer{}, map[netip.Addr]bool{}
	routes := map[netip.Prefix]netlink.Route{}
	for _, p := range peers {
		machines[macOf(p.block.router()).String()] = p
		routers[p.block.router()] = true
		routes[p.block.Prefix] = netlink.Route{
			Dst: ipNet(p.block.Prefix), Gw: ip(p.block.router()), Src: ip(own.router()), Flags: int(netlink.FLAG_ONLINK),
		}
	}
	return errors.Join(r.forwarding(link, machines), r.routers(link, routers), setRoutes(r.inside, link, routes))
}

// vxlanLink returns the device, given the present one or nil. It is made in the machine's
// namespace, where its UDP socket stays, and then moved.
func (r *router) vxlanLink(link netlink.Link, all netip.Prefix, own block, port, mtu int) (netlink.Link, error) {
	number, mac := networkNumber(all), macOf(own.router())
	if is, ok := link.(*netlink.Vxlan); ok && is.VxlanId == number && is.Port == port && is.MTU == mtu && bytes.Equal(is.HardwareAddr, mac) {
		return link, r.inside.LinkSetUp(link)
	}
	if link != nil {
		if err := r.inside.LinkDel(link); err != nil {
			return nil, err
		}
	}
	outside := ownPrefix + "x" + r.tag // of one that a killed agent did not move
	if left, err := findLink(r.machine, outside); err != nil {
		return nil, err
	} else if left != nil {
		if err := r.machine.LinkDel(left); err != nil {
			return nil, err
		}
	}
	made := &netlink.Vxlan{
		LinkAttrs: netlink.LinkAttrs{Name: outside, MTU: mtu, HardwareAddr: mac, TxQLen: -1},
		VxlanId:   number, Port: port, Learning: false,
	}
	if err := r.machine.LinkAdd(made); err != nil {
		return nil, err
	}
	return r.moveIn(outside, tunnelLink)
}

// moveIn moves a device from the machine's namespace into the router, under another name.
func (r *router) moveIn(outside, name string) (netlink.Link, error) {
	link, err := r.machine.LinkByName(outside)
	if err != nil {
		return nil, err
	}
	if err := r.machine.LinkSetNsFd(link, int(r.inside.ns)); err != nil {
		return nil, err
	}
	if link, err = r.inside.LinkByName(outside); err != nil {
		return nil, err
	}
	if err := r.inside.LinkSetName(link, name); err != nil {
		return nil, err
	}
	return link, r.inside.LinkSetUp(link)
}

// forwarding makes the entries of machines by hardware address those that are wanted.
func (r *router) forwarding(link netlink.Link, wanted map[string]peer) error {
	present, err := r.inside.NeighList(link.Attrs().Index, unix.AF_BRIDGE)
	if err != nil {
		return err
	}
	for _, entry := range present {
		mac := entry.HardwareAddr.String()
		if p, ok := wanted[mac]; ok && addrOf(entry.IP) == p.address {
			delete(wanted, mac)
		} else if !ok {
			err = errors.Join(err, r.inside.NeighDel(&entry))
		}
	}
	for _, p := range wanted {
		err = errors.Join(err, r.inside.NeighSet(&netlink.Neigh{
			LinkIndex: link.Attrs().Index, Family: unix.AF_BRIDGE, State: netlink.NUD_PERMANENT, Flags: netlink.NTF_SELF,
			IP: ip(p.address), HardwareAddr: macOf(p.block.router()),
		}))
	}
	return err
}

// routers makes the hardware addresses of other routers those that are wanted.
func (r *router) routers(link netlink.Link, wanted map[netip.Addr]bool) error {
	present, err := r.inside.NeighList(link.Attrs().Index, unix.AF_INET)
	if err != nil {
		return err
	}
	for _, entry := range present {
		a := addrOf(entry.IP)
		if _, ok := wanted[a]; !ok {
			err = errors.Join(err, r.inside.NeighDel(&entry))
		} else if bytes.Equal(entry.HardwareAddr, macOf(a)) && entry.State == netlink.NUD_PERMANENT {
			delete(wanted, a)
		}
	}
	for a := range wanted {
		err = errors.Join(err, neighbour(r.inside, link, a, macOf(a)))
	}
	return err
}
