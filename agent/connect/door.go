package connect

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"net/netip"
	"strconv"

	"github.com/gantry-project/gantry/balancer"
	"github.com/gantry-project/gantry/structs"
)

// door is where containers reach the services that have a name: one for each port.
type door struct {
	address  netip.Addr
	balancer *balancer.Balancer
	end      context.CancelFunc
}

// arrange has a door for each name, and tells each what its services are. c.mu is held.
func (c *Connect) arrange() {
	frames := map[string]*structs.TrafficFrame{}
	for _, g := range c.groups {
		used := map[string]bool{}
		for n, a := range g.Connect.Aliases {
			f := frames[a.DNSName]
			if f == nil {
				f = &structs.TrafficFrame{Full: true}
				frames[a.DNSName] = f
			}
			f.Listeners = append(f.Listeners, listenerOf(&g, n))
			if !used[a.DNSName] {
				used[a.DNSName] = true
				plain := g
				plain.Connect = nil
				f.Groups = append(f.Groups, plain)
			}
		}
	}
	for name, d := range c.doors {
		if frames[name] == nil {
			d.end()
			c.free.give(d.address)
			delete(c.doors, name)
		}
	}
	for name, f := range frames {
		d := c.doors[name]
		if d == nil {
			if d = c.open(name); d == nil {
				continue
			}
			c.doors[name] = d
		}
		d.balancer.Apply(*f)
	}
}

// open makes a door; nil if there is no address for it.
func (c *Connect) open(name string) *door {
	address, ok := c.free.take(name)
	if !ok {
		c.log.Warn("containers do not reach a name of Service Connect: this agent answers for at most "+
			strconv.Itoa(c.free.size)+" names", "name", name)
		return nil
	}
	d := &door{address: address, balancer: balancer.New(balancer.Config{
		Address: address.String(), Listen: c.place.ListenAt, Grace: grace, Logger: c.log.With("serviceConnect", name),
	})}
	ctx, end := context.WithCancel(c.ctx)
	d.end = end
	c.work.Go(func() { d.balancer.Run(ctx) })
	return d
}

// The idle timeouts of ECS, in seconds.
const (
	idleHTTP = 5 * 60
	idleTCP  = 60 * 60
)

// listenerOf returns the listener of an alias of a group.
func listenerOf(g *structs.TrafficGroup, n int) structs.TrafficListener {
	idle := int64(idleTCP)
	if g.Group.Protocol == structs.ProtocolHTTP {
		idle = idleHTTP
	}
	if given := g.Connect.IdleTimeout; given != nil {
		if idle = int64(*given); idle == 0 {
			idle = math.MaxInt32 // none
		}
	}
	plain2 := strconv.FormatBool(g.Group.ProtocolVersion == "HTTP2" || g.Group.ProtocolVersion == "GRPC")
	text := strconv.FormatInt(idle, 10)
	return structs.TrafficListener{
		LoadBalancer: structs.LoadBalancer{Name: g.ID, Attributes: []structs.TrafficAttribute{
			{Key: "idle_timeout.timeout_seconds", Value: text},
			{Key: balancer.AttributePlainHTTP2, Value: plain2},
			{Key: "routing.http.preserve_host_header.enabled", Value: "true"},
			// the address of the client is that of its machine, which is of no use to the task
			{Key: "routing.http.xff_header_processing.mode", Value: "preserve"},
		}},
		Listener: structs.Listener{
			ID: fmt.Sprintf("%s/%d", g.ID, n), Protocol: g.Group.Protocol, Port: g.Connect.Aliases[n].Port,
			Attributes: []structs.TrafficAttribute{{Key: "tcp.idle_timeout.seconds", Value: text}},
			DefaultActions: []structs.RuleAction{{Type: "forward", Forward: &structs.ForwardAction{
				Groups: []structs.WeightedGroup{{TargetGroup: g.ID, Weight: 1}},
			}}},
		},
	}
}

// addresses are those that doors may have.
type addresses struct {
	first netip.Addr
	size  int
	taken map[int]bool
}

func newAddresses(all netip.Prefix) *addresses {
	// not the one that ends in zero: some programs take it for a network
	return &addresses{first: all.Masked().Addr().Next(), size: 1<<(32-all.Bits()) - 1, taken: map[int]bool{}}
}

// take returns an address for a name: the same one each time, unless another name has it. Clients
// may know it longer than they should.
func (a *addresses) take(name string) (netip.Addr, bool) {
	if len(a.taken) == a.size {
		return netip.Addr{}, false
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	n := int(h.Sum32() % uint32(a.size))
	for a.taken[n] {
		n = (n + 1) % a.size
	}
	a.taken[n] = true
	return a.at(n), true
}

func (a *addresses) at(n int) netip.Addr {
	b := a.first.As4()
	low := int(b[2])<<8 + int(b[3]) + n
	b[2], b[3] = byte(low>>8), byte(low)
	return netip.AddrFrom4(b)
}

func (a *addresses) give(back netip.Addr) {
	b, f := back.As4(), a.first.As4()
	delete(a.taken, int(b[2])<<8+int(b[3])-int(f[2])<<8-int(f[3]))
}
