package names

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/connect"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/dns"
	"github.com/gantry-project/gantry/structs"
)

// retry is how long the agent waits before it tries again to listen.
const retry = 5 * time.Second

// Place is where containers reach agents.
type Place interface {
	// ListenResolver listens for DNS at an address of this agent alone, which stays the same.
	ListenResolver() (address string, packets *net.UDPConn, streams net.Listener, err error)
	connect.Place
	// Close ends the use of it by this process. What listens must be closed.
	Close()
}

// Config is what Names needs. All fields but ResolvConf are required.
type Config struct {
	Cluster string
	Server  *dns.Server
	// Connect answers for services of Service Connect, at the same place.
	Connect *connect.Connect
	// Open makes the place, or finds it. Its error says, for people, why there is none.
	Open func(ctx context.Context) (Place, error)
	// ResolvConf is the machine's; empty: /etc/resolv.conf.
	ResolvConf string
	Logger     *slog.Logger
}

// Names is the resolver of an instance's containers, a resource of their tasks.
type Names struct {
	cfg Config
	log *slog.Logger

	mu      sync.Mutex
	place   Place // nil: not open
	address string
	ended   bool
	problem string // why it is not open, as logged last
}

// New returns the names of an instance. They are answered once a task needs them, or Run runs.
func New(c Config) *Names {
	if c.ResolvConf == "" {
		c.ResolvConf = "/etc/resolv.conf"
	}
	return &Names{cfg: c, log: c.Logger}
}

// open begins to answer, once, and reports whether it does.
func (n *Names) open(ctx context.Context) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.place != nil || n.ended {
		return n.place != nil
	}
	err := n.listen(ctx)
	if err != nil && err.Error() != n.problem && ctx.Err() == nil {
		n.problem = err.Error()
		n.log.Warn("containers do not get the names of the cluster: the agent cannot answer their queries", "error", err)
	}
	return err == nil
}

func (n *Names) listen(ctx context.Context) error {
	place, err := n.cfg.Open(ctx)
	if err != nil {
		return err
	}
	address, packets, streams, err := place.ListenResolver()
	if err != nil {
		place.Close()
		return err
	}
	n.cfg.Server.Serve(packets, streams)
	n.cfg.Connect.Use(place)
	n.place, n.address = place, address
	return nil
}

// Run answers until ctx ends.
func (n *Names) Run(ctx context.Context) {
	for !n.open(ctx) {
		select {
		case <-time.After(retry):
			continue
		case <-ctx.Done():
		}
		break
	}
	<-ctx.Done()
	n.cfg.Connect.Close()
	n.cfg.Server.Close()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ended = true
	if n.place != nil {
		n.place.Close()
		n.place = nil
	}
}

// RemoveAll implements task.Lasting: the place is the metadata's to remove.
func (*Names) RemoveAll(context.Context) error { return nil }

// Name implements task.Resource.
func (*Names) Name() string { return "names" }

// Needs implements task.Resource.
func (*Names) Needs(as structs.Assignment) bool {
	return as.Definition.NetworkMode != structs.NetworkHost && as.Definition.NetworkMode != "none"
}

// Prepare gives the containers of a task their resolver. If the agent cannot answer them, they have
// the engine's.
func (n *Names) Prepare(ctx context.Context, _ structs.Assignment) (runtime.Shared, error) {
	server, search := n.Resolver(ctx)
	return runtime.Shared{Resolver: server, Search: search}, nil
}

// Resolver returns the resolver of containers and the domains in which they search for short names;
// empty if they have the engine's. It is the only one: musl asks all at once and takes the first
// answer, and others would say that the cluster's names do not exist.
func (n *Names) Resolver(ctx context.Context) (server string, search []string) {
	if !n.open(ctx) {
		return "", nil
	}
	search = []string{connect.SearchDomain, strings.ToLower(n.cfg.Cluster) + "." + dns.Suffix}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.address, append(search, dns.SearchDomains(n.cfg.ResolvConf)...)
}

// Release implements task.Resource: tasks have nothing of their own.
func (*Names) Release(context.Context, string) error { return nil }

// Sweep implements task.Resource.
func (*Names) Sweep(context.Context, func(string) bool) error { return nil }

var (
	_ task.Resource     = (*Names)(nil)
	_ task.Lasting      = (*Names)(nil)
	_ task.BeforeCreate = (*Names)(nil)
)

// OnlyBeforeCreate implements task.BeforeCreate.
func (*Names) OnlyBeforeCreate() {}
