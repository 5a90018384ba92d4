package network

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
)

// Config is what a Network needs.
type Config struct {
	Instance string                               // its id; required
	DataDir  string                               // the agent's; required
	Engine   func(instance string) runtime.Pauses // required
	// Address returns the machine's address as other instances know it, or "". Nil: not known.
	Address func() string
	// Traffic is how packets travel to the tasks of other instances, one of the Traffic constants.
	// Empty: TrafficAuto.
	Traffic string
	// VXLANPort and WireGuardPort are UDP ports, the same on all instances. Zero: the defaults.
	VXLANPort, WireGuardPort int
	// Spares is how many pauses are kept ready once a task has needed one.
	Spares int
	// Groups are the security groups that mean something here.
	Groups Groups
	Logger *slog.Logger // required
	// Resolver returns the DNS server of tasks whose definitions name none, and the domains in
	// which they search; empty: the machine's. Nil: always the machine's.
	Resolver func() (server string, search []string)
	// Step, if not nil, is called after each step on the way to a task's network. Tests end the
	// process there.
	Step func(done string)
}

// DefaultSpares is the usual number of spare pauses: each takes some 5 MB, its engine's shim.
const DefaultSpares = 4

// Network is the network of an instance's tasks. It is a resource of those whose network mode is
// awsvpc, or whose containers share other namespaces (agent/task.Resource). Make it with New; Run
// works in the background.
type Network struct {
	cfg    Config
	log    *slog.Logger
	engine runtime.Pauses // the instance's
	tag    string
	pool   *pool
	news   chan struct{} // capacity 1: the peers changed
	begun  begun

	mu        sync.Mutex
	saved     saved
	unfit     string // why awsvpc tasks cannot run here, for people; empty if they can
	key       wgtypes.Key
	saidClear bool
	clear     string       // why traffic is not encrypted whatever other instances can do
	all       netip.Prefix // of the last frame, as the rest
	block     block
	peers     map[string]structs.NetworkPeer
	router    *router               // nil: not open
	made      bool                  // the router was made as it should be, and tasks can be attached
	attached  map[string]netip.Addr // by task
	lost      map[string]string     // why tasks have lost their network
	warned    map[string]bool       // what was logged, so that it is logged once
	occupied  string                // which of the machine's networks has addresses of tasks; empty: none
	// suspected is the same as seen at the last look, and suspectedAt since when that is so.
	suspected   string
	suspectedAt time.Time
	problems    chan string // capacity 1: what of it the servers do not know yet
}

// New returns the network of an instance. It makes nothing until it is needed.
func New(c Config) (*Network, error) {
	s, err := loadSaved(c.DataDir)
	if err != nil {
		return nil, fmt.Errorf("read what the agent knows about its network: %w", err)
	}
	c = c.withDefaults()
	n := &Network{
		cfg: c, log: c.Logger, tag: tag(c.Instance), saved: s, news: make(chan struct{}, 1),
		peers: map[string]structs.NetworkPeer{}, attached: map[string]netip.Addr{}, lost: map[string]string{}, warned: map[string]bool{},
		problems: make(chan string, 1),
	}
	n.engine = c.Engine(c.Instance)
	n.pool = &pool{engine: n.engine, want: c.Spares, step: c.Step, short: make(chan struct{}, 1)}
	return n, nil
}

func (c Config) withDefaults() Config {
	if c.Traffic == "" {
		c.Traffic = TrafficAuto
	}
	if c.VXLANPort == 0 {
		c.VXLANPort = DefaultVXLANPort
	}
	if c.WireGuardPort == 0 {
		c.WireGuardPort = DefaultWireGuardPort
	}
	if c.Step == nil {
		c.Step = func(string) {}
	}
	if c.Address == nil {
		c.Address = func() string { return "" }
	}
	return c
}

// Name returns what the resource is called.
func (n *Network) Name() string { return "network" }

// Needs reports whether a task needs a pause.
func (n *Network) Needs(as structs.Assignment) bool {
	def := as.Definition
	return def.NetworkMode == structs.NetworkAwsvpc || def.PidMode == "task" || def.IpcMode == "task"
}

// Offer returns what the instance registers.
func (n *Network) Offer(ctx context.Context) structs.InstanceNetwork {
	n.mu.Lock()
	defer n.mu.Unlock()
	offer := structs.InstanceNetwork{Block: n.saved.Block}
	if n.unfit = n.problem(ctx); n.unfit != "" {
		offer.Problem = n.unfit
		return offer
	}
	machine, err := openSpace(ownSpace)
	if err != nil {
		n.unfit = err.Error()
		offer.Problem = n.unfit
		return offer
	}
	defer machine.close()
	if all, err := netip.ParsePrefix(n.saved.Range); err == nil {
		if offer.Problem, err = conflict(machine, n.tag, all); err != nil {
			offer.Problem = err.Error()
		}
		n.occupied = offer.Problem
	}
	if offer.Key, err = n.offerKey(machine); err != nil {
		offer.Problem = err.Error()
		n.unfit = offer.Problem
	}
	return offer
}

// offerKey returns the public key of WireGuard, or "" if it is not used, and notes why not.
func (n *Network) offerKey(machine *space) (string, error) {
	switch n.cfg.Traffic {
	case TrafficVXLAN, TrafficRoutes:
		n.clear = "--task-traffic is " + n.cfg.Traffic
		return "", nil
	}
	if err := tryWireGuard(machine, n.tag); err != nil {
		if n.cfg.Traffic == TrafficWireGuard {
			return "", fmt.Errorf("--task-traffic wireguard: %s", noWireGuard(err))
		}
		n.clear = noWireGuard(err)
		return "", nil
	}
	had := n.saved.Key
	key, err := n.saved.key()
	if err != nil {
		return "", err
	}
	if n.saved.Key != had {
		if err := n.saved.write(n.cfg.DataDir); err != nil {
			return "", err
		}
	}
	n.key = key
	return key.PublicKey().String(), nil
}

// Apply notes what a frame says; Run and the next task act on it.
func (n *Network) Apply(f structs.NetworkFrame) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if f.Full {
		n.peers = map[string]structs.NetworkPeer{}
	}
	for _, id := range f.Gone {
		delete(n.peers, id)
	}
	for _, p := range f.Peers {
		n.peers[p.Instance] = p
	}
	all, err := netip.ParsePrefix(f.Range)
	own, ownErr := netip.ParsePrefix(f.Block)
	if err != nil || ownErr != nil { // no block yet
		all, own = netip.Prefix{}, netip.Prefix{}
	}
	if n.all != all.Masked() || n.block != (block{own.Masked()}) {
		n.all, n.block, n.made = all.Masked(), block{own.Masked()}, false
	}
	wait.Nudge(n.news)
}

// reconcileEvery is how often everything is compared with what should be there.
const reconcileEvery = 5 * time.Second

// Run keeps the network as it should be until ctx ends. What it made stays.
func (n *Network) Run(ctx context.Context) {
	n.removeForgotten(ctx)
	tick := time.NewTicker(reconcileEvery)
	defer tick.Stop()
	var filling sync.WaitGroup
	defer filling.Wait()
	filling.Go(func() { n.keepSpares(ctx) })
	for {
		select {
		case <-ctx.Done():
			n.closeRouter()
			return
		case <-tick.C:
		case <-n.news:
		}
		n.tend(ctx)
	}
}

// tend makes everything as it should be, and ends the tasks whose addresses are the instance's no
// more.
func (n *Network) tend(ctx context.Context) {
	n.mu.Lock()
	moved := n.outside()
	n.lookForConflict()
	var err error
	if n.block.IsValid() && (n.made || n.router != nil || len(n.peers) > 0) {
		err = n.reconcile()
	}
	n.mu.Unlock()
	n.warnOf("task network", err)
	for _, task := range moved {
		if err := n.engine.RemovePause(ctx, runtime.PauseName(task)); err != nil && ctx.Err() == nil {
			n.log.Warn("cannot end the network of a task", "task", task, "error", err)
		}
	}
}

// outside returns the tasks whose addresses are not in the block, and notes why they end.
func (n *Network) outside() (tasks []string) {
	if !n.block.IsValid() {
		return nil
	}
	for task, a := range n.attached {
		if a.IsValid() && !n.block.has(a) {
			n.lost[task] = fmt.Sprintf("the servers gave its instance other addresses, %s, since %s is another instance's or not in the range any more",
				n.block, a)
			tasks = append(tasks, task)
		}
	}
	return tasks
}

// warnOf logs what is wrong, once until it is right or something else is wrong.
func (n *Network) warnOf(what string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	text := what
	if err != nil {
		text += ": " + err.Error()
	}
	if err != nil && !n.warned[text] {
		n.log.Warn("cannot bring the network of tasks in order; trying again", "error", err)
	}
	for old := range n.warned {
		if len(old) >= len(what) && old[:len(what)] == what {
			delete(n.warned, old)
		}
	}
	if err != nil {
		n.warned[text] = true
	}
}

var _ task.Watched = (*Network)(nil)
