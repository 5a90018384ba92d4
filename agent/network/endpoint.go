package network

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/gantry-project/gantry/agent/runtime"
)

// The addresses of the endpoint and of the machine's side of it. Tasks know the first one (ECS).
var (
	endpointAddress = netip.AddrFrom4([4]byte{169, 254, 170, 2})
	endpointMachine = netip.AddrFrom4([4]byte{169, 254, 170, 1})
)

// The names of both ends of the link between machine and endpoint.
const (
	endpointOuter = ownPrefix + "-tasks"
	endpointInner = "machine"
)

// EndpointConfig is what an Endpoint needs. All fields are required.
type EndpointConfig struct {
	Instance string // its id
	DataDir  string // the agent's
	Engine   runtime.Pauses
	Logger   *slog.Logger
}

// Endpoint is the network namespace in which agents answer the tasks of a machine at 169.254.170.2:
//
//	task ── bridge, router or the machine itself ── machine ──veth── endpoint
//
// Since it is a namespace of its own, the machine's port 80 stays free, no firewall has a rule for
// it, and nothing can reach it that the machine does not masquerade: it has a route to the machine
// only. Agents on one machine share it, each with its own listeners. It stays when an agent stops,
// as its tasks do.
//
// It is that of the engine's network namespace, which may not be the agent's own.
type Endpoint struct {
	cfg  EndpointConfig
	tag  string
	name string // of the namespace
	// resolver is the instance's own address in it, for DNS
	resolver netip.Addr

	mu      sync.Mutex
	machine *space
	inside  *space
}

// OpenEndpoint makes the endpoint of the engine's machine, or finds it. The error says, for people,
// why this agent cannot have it.
func OpenEndpoint(ctx context.Context, c EndpointConfig) (*Endpoint, error) {
	if lacking := lackingCapabilities(); lacking != "" {
		return nil, fmt.Errorf("the agent may not make networks: it lacks %s; run it as root", lacking)
	}
	pid, err := c.Engine.EngineProcess(ctx)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the container engine's process is not known: %w", err)
	case pid == 0:
		return nil, errors.New("the container engine does not run on this machine as the agent sees it " +
			"(an agent in a container: --pid host --network host)")
	}
	return openEndpoint(c, fmt.Sprintf("/proc/%d/ns/net", pid))
}

// openEndpoint is OpenEndpoint for the machine whose namespace is at a path.
func openEndpoint(c EndpointConfig, machinePath string) (*Endpoint, error) {
	machine, err := openSpace(machinePath)
	if err != nil {
		return nil, err
	}
	var at unix.Stat_t
	if err := unix.Fstat(int(machine.ns), &at); err != nil {
		machine.close()
		return nil, err
	}
	e := &Endpoint{cfg: c, tag: tag(c.Instance), name: endpointOuter + "-" + strconv.FormatUint(at.Ino, 10), machine: machine}
	if err := e.Repair(); err != nil {
		e.Close()
		return nil, err
	}
	if err := lockEndpoints(func() error { return dropEndpoints("") }); err != nil {
		c.Logger.Warn("cannot remove what instances left whose data directory is gone", "error", err)
	}
	return e, nil
}

// Repair makes everything as it should be.
func (e *Endpoint) Repair() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.machine == nil {
		return net.ErrClosed
	}
	return lockEndpoints(func() error {
		if err := e.note(); err != nil {
			return err
		}
		if e.inside == nil {
			inside, err := namedSpace(e.name)
			if err != nil {
				return err
			}
			e.inside = inside
		}
		if err := e.connect(); err != nil {
			return fmt.Errorf("make %s reachable for tasks: %w", endpointAddress, err)
		}
		return nil
	})
}

// connect joins machine and endpoint.
func (e *Endpoint) connect() error {
	outer, inner, err := e.joint()
	if err != nil {
		return err
	}
	lo, err := e.inside.LinkByName("lo")
	if err != nil {
		return err
	}
	// the kernel may have no IPv6
	_, _ = e.machine.LinkSetIP6AddrGenMode(outer, noAddresses), e.inside.LinkSetIP6AddrGenMode(inner, noAddresses)
	if err := errors.Join(
		e.inside.LinkSetUp(lo), e.inside.LinkSetUp(inner), e.machine.LinkSetUp(outer),
		e.machine.AddrReplace(outer, &netlink.Addr{IPNet: one(endpointMachine)}),
		e.inside.AddrReplace(inner, &netlink.Addr{IPNet: one(endpointAddress)}),
		neighbour(e.machine, outer, endpointAddress, macOf(endpointAddress)),
		neighbour(e.inside, inner, endpointMachine, macOf(endpointMachine)),
	); err != nil {
		return err
	}
	return errors.Join(
		e.machine.RouteReplace(&netlink.Route{
			LinkIndex: outer.Attrs().Index, Dst: one(endpointAddress), Src: ip(endpointMachine), Scope: netlink.SCOPE_LINK,
		}),
		e.inside.AddrReplace(inner, &netlink.Addr{IPNet: one(e.resolver)}),
		neighbour(e.machine, outer, e.resolver, macOf(endpointAddress)),
		e.machine.RouteReplace(&netlink.Route{
			LinkIndex: outer.Attrs().Index, Dst: one(e.resolver), Src: ip(endpointMachine), Scope: netlink.SCOPE_LINK,
		}),
		e.inside.RouteReplace(&netlink.Route{
			LinkIndex: inner.Attrs().Index, Dst: one(endpointMachine), Src: ip(endpointAddress), Scope: netlink.SCOPE_LINK,
		}),
		e.connectRoutes(outer, lo),
	)
}

// joint returns both ends of the link. It makes them if there are none, or if the machine's leads
// to another namespace.
func (e *Endpoint) joint() (outer, inner netlink.Link, err error) {
	outer, err1 := findLink(e.machine, endpointOuter)
	inner, err2 := findLink(e.inside, endpointInner)
	if err := errors.Join(err1, err2); err != nil {
		return nil, nil, err
	}
	if outer != nil && inner != nil && outer.Attrs().ParentIndex == inner.Attrs().Index {
		return outer, inner, nil
	}
	for link, in := range map[netlink.Link]*space{outer: e.machine, inner: e.inside} {
		if link == nil {
			continue
		}
		if err := in.LinkDel(link); err != nil && !errors.Is(err, unix.ENODEV) { // it went with the other end
			return nil, nil, err
		}
	}
	err = e.machine.LinkAdd(&netlink.Veth{
		LinkAttrs: netlink.LinkAttrs{Name: endpointOuter, HardwareAddr: macOf(endpointMachine), TxQLen: -1},
		PeerName:  endpointInner, PeerHardwareAddr: macOf(endpointAddress), PeerNamespace: netlink.NsFd(e.inside.ns),
	})
	if err != nil {
		return nil, nil, err
	}
	outer, err1 = e.machine.LinkByName(endpointOuter)
	inner, err2 = e.inside.LinkByName(endpointInner)
	return outer, inner, errors.Join(err1, err2)
}

// Listen listens at 169.254.170.2. Several agents may listen on one port: each connection goes to
// one of them.
func (e *Endpoint) Listen(port uint16) (l net.Listener, err error) {
	err = e.do(func() error {
		l, err = sharing.Listen(context.Background(), "tcp4", netip.AddrPortFrom(endpointAddress, port).String())
		return err
	})
	return l, err
}

// sharing opens sockets that share their port with those of other agents.
var sharing = net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
	return errors.Join(err, failed)
}}

// Dial connects to a port of 169.254.170.2, which another agent on this machine may have.
func (e *Endpoint) Dial(ctx context.Context, port uint16) (conn net.Conn, err error) {
	err = e.do(func() error {
		conn, err = new(net.Dialer).DialContext(ctx, "tcp4", netip.AddrPortFrom(endpointAddress, port).String())
		return err
	})
	return conn, err
}

func (e *Endpoint) do(f func() error) error {
	e.mu.Lock()
	inside := e.inside
	e.mu.Unlock()
	if inside == nil {
		return net.ErrClosed
	}
	return inside.do(f)
}

// Close forgets the endpoint. Listeners must be closed. What it made stays.
func (e *Endpoint) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.machine != nil {
		e.machine.close()
	}
	if e.inside != nil {
		e.inside.close()
	}
	e.machine, e.inside = nil, nil
}
