package network

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// mtu returns the size of packets of tasks: the machine's less what a tunnel adds.
func (n *Network) mtu() int {
	switch {
	case n.cfg.Traffic == TrafficRoutes:
		return underlay(n.router.machine, n.cfg.Address())
	case n.ownKey() != "":
		return underlay(n.router.machine, n.cfg.Address()) - wireguardHeaders
	default:
		return underlay(n.router.machine, n.cfg.Address()) - vxlanHeaders
	}
}

// reconcile makes the router, the machine's side of it and the ways to peers as they should be. The
// caller holds mu.
func (n *Network) reconcile() (err error) {
	if n.router == nil {
		if err := n.openRouter(); err != nil {
			return err
		}
	}
	if problem, err := conflict(n.router.machine, n.tag, n.all); err != nil || problem != "" {
		return errors.Join(err, asError(problem))
	}
	mtu := n.mtu()
	if err := n.router.connect(n.block, n.all, mtu); err != nil {
		return err
	}
	if err := n.router.firewall(n.all); err != nil {
		return err
	}
	n.cfg.Step("the machine's rules were set")
	if err := n.remember(); err != nil {
		return err
	}
	n.made = true // tasks can run, whatever is wrong with other instances
	return n.reach(mtu)
}

func asError(text string) error {
	if text == "" {
		return nil
	}
	return errors.New(text)
}

func (n *Network) openRouter() error {
	if err := n.noteRouter(); err != nil {
		return err
	}
	n.cfg.Step("the router was noted")
	r, err := openRouter(n.tag, ownSpace)
	if err != nil {
		return err
	}
	n.cfg.Step("the router was made")
	r.plain, r.step = n.cfg.Traffic == TrafficRoutes, n.cfg.Step
	n.router = r
	return nil
}

func (n *Network) closeRouter() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.router != nil {
		n.router.close()
		n.router, n.made = nil, false
	}
}

// remember writes down the block and the range, if they changed.
func (n *Network) remember() error {
	if n.saved.Block == n.block.String() && n.saved.Range == n.all.String() {
		return nil
	}
	n.saved.Block, n.saved.Range = n.block.String(), n.all.String()
	return n.saved.write(n.cfg.DataDir)
}

// reach makes the ways to the tasks of other instances.
func (n *Network) reach(mtu int) error {
	by := map[string][]peer{}
	taken := map[netip.Prefix]string{n.block.Prefix: n.cfg.Instance}
	var failed error
	for _, p := range sortedPeers(n.peers) {
		parsed, err := parsePeer(p)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		if other, twice := taken[parsed.block.Prefix]; twice { // the servers mend that soon
			failed = errors.Join(failed, fmt.Errorf("instances %s and %s have the same addresses, %s", other, parsed.instance, parsed.block))
			continue
		}
		taken[parsed.block.Prefix] = parsed.instance
		how := way(n.cfg.Traffic, n.ownKey(), parsed)
		if how == "" {
			failed = errors.Join(failed, fmt.Errorf("the tasks of instance %s are not reached: it has no WireGuard, and --task-traffic wireguard allows nothing else", parsed.instance))
		}
		by[how] = append(by[how], parsed)
	}
	n.sayIfClear(len(by[TrafficVXLAN])+len(by[TrafficRoutes]), len(by[TrafficWireGuard]))
	r := n.router
	failed = errors.Join(failed,
		r.vxlan(n.all, n.block, by[TrafficVXLAN], n.cfg.VXLANPort, mtu),
		r.wireguard(n.key, n.block, by[TrafficWireGuard], n.cfg.WireGuardPort, mtu),
	)
	if r.plain {
		failed = errors.Join(failed, r.routes(n.block, by[TrafficRoutes]))
	}
	return failed
}

// ownKey returns the public key that this instance offered, or "".
func (n *Network) ownKey() string {
	if n.key == ([32]byte{}) {
		return ""
	}
	return n.key.PublicKey().String()
}

func sortedPeers(all map[string]structs.NetworkPeer) (list []structs.NetworkPeer) {
	for _, p := range all {
		list = append(list, p)
	}
	slices.SortFunc(list, func(x, y structs.NetworkPeer) int { return cmp.Compare(x.Instance, y.Instance) })
	return list
}

// sayIfClear says once that packets to some instances are not encrypted, and why.
func (n *Network) sayIfClear(clear, encrypted int) {
	if clear == 0 || n.saidClear {
		return
	}
	n.saidClear = true
	why := n.clear
	if why == "" {
		why = "their kernels have no WireGuard, or their agents do not use it"
	}
	n.log.Warn("traffic between tasks here and on other instances is NOT ENCRYPTED: "+why+
		"; anyone on the network between them can read and forge it", "instances", clear, "encrypted", encrypted)
}
