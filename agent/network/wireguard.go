package network

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/vishvananda/netlink"
	"golang.zx2c4.com/wireguard/wgctrl"
	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"
)

const (
	// DefaultWireGuardPort is WireGuard's usual port, UDP.
	DefaultWireGuardPort = 51820
	// wireguardHeaders is what WireGuard adds to a packet at most: IPv6 40, UDP 8, WireGuard 32.
	wireguardHeaders = 80
	// keepalive keeps the way through a firewall between two machines open.
	keepalive = 25 * time.Second
)

// wireguardName returns the name of the device, which is the same before and after it is moved.
func wireguardName(tag string) string { return ownPrefix + "w" + tag }

// tryWireGuard returns why the kernel has no WireGuard, or nil. It makes a device to find out: that
// also loads the kernel's module.
func tryWireGuard(machine *space, tag string) error {
	name := ownPrefix + "t" + tag
	err := machine.LinkAdd(&netlink.Wireguard{LinkAttrs: netlink.LinkAttrs{Name: name, TxQLen: -1}})
	if err != nil {
		return err
	}
	return machine.LinkDel(&netlink.Wireguard{LinkAttrs: netlink.LinkAttrs{Name: name}})
}

// wireguard makes WireGuard reach exactly these peers. Each may use the addresses of its block
// only. Without its device the ranges are unreachable, since the router has no other route to them
// (router.connect): nothing leaves unencrypted.
func (r *router) wireguard(private wgtypes.Key, own block, peers []peer, port, mtu int) error {
	name := wireguardName(r.tag)
	link, err := r.tunnel(name, peers)
	if err != nil || len(peers) == 0 {
		return err
	}
	if link == nil {
		if link, err = r.wireguardLink(name, mtu); err != nil {
			return fmt.Errorf("make the WireGuard device: %w", err)
		}
	}
	err = r.inside.do(func() error {
		client, err := wgctrl.New()
		if err != nil {
			return err
		}
		defer client.Close()
		device, err := client.Device(name)
		if err != nil {
			return err
		}
		if config, changed := wireguardConfig(device, private, peers, port); changed {
			return client.ConfigureDevice(name, config)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("configure WireGuard: %w", err)
	}
	routes := map[netip.Prefix]netlink.Route{}
	for _, p := range peers {
		routes[p.block.Prefix] = netlink.Route{Dst: ipNet(p.block.Prefix), Src: ip(own.router()), Scope: netlink.SCOPE_LINK}
	}
	return setRoutes(r.inside, link, routes)
}

// wireguardLink makes the device in the machine's namespace, where its UDP socket stays, and moves
// it.
func (r *router) wireguardLink(name string, mtu int) (netlink.Link, error) {
	if left, err := findLink(r.machine, name); err != nil {
		return nil, err
	} else if left == nil {
		err := r.machine.LinkAdd(&netlink.Wireguard{LinkAttrs: netlink.LinkAttrs{Name: name, MTU: mtu, TxQLen: -1}})
		if err != nil {
			return nil, err
		}
	}
	return r.moveIn(name, name)
}

// wireguardConfig returns what must change in a device.
func wireguardConfig(is *wgtypes.Device, private wgtypes.Key, peers []peer, port int) (c wgtypes.Config, changed bool) {
	if is.PrivateKey != private || is.ListenPort != port {
		c.PrivateKey, c.ListenPort, changed = &private, &port, true
	}
	present := map[wgtypes.Key]wgtypes.Peer{}
	for _, p := range is.Peers {
		present[p.PublicKey] = p
	}
	for _, p := range peers {
		key, err := wgtypes.ParseKey(p.key)
		if err != nil {
			continue // no key: the other side has none either
		}
		was, known := present[key]
		delete(present, key)
		endpoint := &net.UDPAddr{IP: ip(p.address), Port: port}
		if known && was.Endpoint != nil && was.Endpoint.String() == endpoint.String() && onlyRange(was.AllowedIPs, p.block.Prefix) {
			continue
		}
		every := keepalive
		c.Peers = append(c.Peers, wgtypes.PeerConfig{
			PublicKey: key, Endpoint: endpoint, PersistentKeepaliveInterval: &every,
			ReplaceAllowedIPs: true, AllowedIPs: []net.IPNet{*ipNet(p.block.Prefix)},
		})
	}
	for key := range present {
		c.Peers = append(c.Peers, wgtypes.PeerConfig{PublicKey: key, Remove: true})
	}
	slices.SortStableFunc(c.Peers, func(x, y wgtypes.PeerConfig) int { // a block may move from one to another
		switch {
		case x.Remove == y.Remove:
			return 0
		case x.Remove:
			return -1
		}
		return 1
	})
	return c, changed || len(c.Peers) > 0
}

func onlyRange(list []net.IPNet, want netip.Prefix) bool {
	return len(list) == 1 && prefixOf(&list[0]) == want
}

// noWireGuard describes for people why traffic is not encrypted.
func noWireGuard(err error) string {
	if errors.Is(err, errNotSupported) {
		return "the kernel has no WireGuard (Linux 5.6 or newer usually has; try modprobe wireguard)"
	}
	return "WireGuard does not work: " + err.Error()
}
