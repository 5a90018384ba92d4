package connect

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// SearchDomain has all names of Service Connect without a dot, so that they win over those of
// services in a container's search list.
const SearchDomain = "aliases.connect.gantry"

// grace is how long connections may last after their name went, or the agent stops.
const grace = 5 * time.Second

// Place is where containers reach agents.
type Place interface {
	// ConnectAddresses returns the addresses of this agent alone.
	ConnectAddresses() (netip.Prefix, error)
	// ListenAt listens at a host and port of them.
	ListenAt(address string) (net.Listener, error)
}

// Receiver gets frames of traffic.
type Receiver interface{ Apply(structs.TrafficFrame) }

// Config is what a Connect needs. All fields are required.
type Config struct {
	// DNS gets the frames, with the names of Service Connect in place of others of the same name.
	DNS    Receiver
	Logger *slog.Logger
}

// Connect answers for the services of Service Connect.
type Connect struct {
	cfg  Config
	log  *slog.Logger
	ctx  context.Context
	end  context.CancelFunc
	work sync.WaitGroup

	mu     sync.Mutex
	place  Place // nil: nothing is answered
	free   *addresses
	groups map[string]structs.TrafficGroup
	names  map[string]structs.TrafficName // that servers sent
	doors  map[string]*door               // by the name of an alias
	shown  map[string]structs.TrafficName // that DNS has from here
}

// New returns one that answers nothing before Use.
func New(c Config) *Connect {
	n := &Connect{cfg: c, log: c.Logger, doors: map[string]*door{}, shown: map[string]structs.TrafficName{}}
	n.groups, n.names = map[string]structs.TrafficGroup{}, map[string]structs.TrafficName{}
	n.ctx, n.end = context.WithCancel(context.Background())
	return n
}

// Use begins to answer at a place. Only the first call has an effect.
func (c *Connect) Use(place Place) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.place != nil || c.ctx.Err() != nil {
		return
	}
	all, err := place.ConnectAddresses()
	if err != nil {
		c.log.Warn("containers do not reach services of Service Connect", "error", err)
		return
	}
	c.place, c.free = place, newAddresses(all)
	c.arrange()
	c.show(structs.TrafficFrame{})
}

// Close ends all connections, after a while for those that are open.
func (c *Connect) Close() {
	c.mu.Lock()
	c.end()
	c.mu.Unlock()
	c.work.Wait()
}

// Apply takes a frame, and gives it to the DNS server.
func (c *Connect) Apply(f structs.TrafficFrame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.Full {
		c.groups, c.names = map[string]structs.TrafficGroup{}, map[string]structs.TrafficName{}
		c.shown = map[string]structs.TrafficName{}
	}
	for _, name := range f.GoneNames {
		delete(c.names, name)
	}
	for _, name := range f.Names {
		c.names[name.Name] = name
	}
	changed := f.Full
	for _, id := range f.GoneGroups {
		_, had := c.groups[id]
		changed = changed || had
		delete(c.groups, id)
	}
	for _, g := range f.Groups {
		if g.Connect != nil {
			c.groups[g.ID], changed = g, true
		}
	}
	if changed && c.place != nil && c.ctx.Err() == nil {
		c.arrange()
	}
	c.show(f)
}

// show gives a frame to the DNS server, changed by the names that the doors have.
func (c *Connect) show(f structs.TrafficFrame) {
	now := map[string]structs.TrafficName{}
	for name, d := range c.doors {
		for _, n := range []string{name, name + "." + SearchDomain} {
			now[n] = structs.TrafficName{Name: n, TTL: 1, Addresses: []structs.NameAddress{{Address: d.address.String()}}}
			if strings.Contains(name, ".") {
				break
			}
		}
	}
	if len(now)+len(c.shown) == 0 {
		c.cfg.DNS.Apply(f)
		return
	}
	out := f
	out.Names, out.GoneNames = nil, nil
	for _, name := range f.Names {
		if _, ours := now[name.Name]; !ours {
			out.Names = append(out.Names, name)
		}
	}
	for _, name := range f.GoneNames {
		if _, ours := now[name]; !ours {
			out.GoneNames = append(out.GoneNames, name)
		}
	}
	for name, is := range now {
		if was, has := c.shown[name]; !has || was.Addresses[0] != is.Addresses[0] {
			out.Names = append(out.Names, is)
		}
	}
	for name := range c.shown {
		if _, still := now[name]; still {
			continue
		}
		if was, has := c.names[name]; has {
			out.Names = append(out.Names, was)
		} else {
			out.GoneNames = append(out.GoneNames, name)
		}
	}
	c.shown = now
	c.cfg.DNS.Apply(out)
}
