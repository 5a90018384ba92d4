package testutil

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/process"
	"github.com/gantry-project/gantry/server"
)

// Servers is a cluster of servers and agents in one process, each on a host of its own of a
// Network. Servers have everything that process.Server has; agents call any of them. It works only
// inside testing/synctest. Only one goroutine may start and stop its parts; any may look at them.
type Servers struct {
	Network *Network
	Engine  *FakeEngine
	// Networks are those of awsvpc tasks on each host.
	Networks *FakeNetworks
	// OnCall, if set, is called before each call of a server, with its number. Set it while no
	// server runs.
	OnCall func(n int)

	t    testing.TB
	dir  string
	log  *slog.Logger
	size int

	mu          sync.Mutex
	running     map[int]*process.Server
	failed      map[*process.Server]bool // those that ended by themselves
	agents      map[string]*process.Agent
	generations map[int]int              // how often the disk of each server was replaced
	clocks      map[string]time.Duration // how far ahead, by host
	stalled     map[int]chan struct{}    // servers whose disk stalls; closed when it continues
}

// UserHost is the host of users, who call the cluster from outside.
const UserHost = "10.0.9.9"

// The dial timeouts of servers, and of agents and users, as in production.
const serverDial, agentDial = time.Second, 5 * time.Second

// lastWords is how long memberlist's goroutines may wait for an answer after its shutdown, in fake
// time: an agent that heard nobody for a while waits eight times as long as between two probes.
const lastWords = 90 * time.Second

// NewServers returns a cluster for size servers, of which none runs yet.
func NewServers(t testing.TB, size int) *Servers {
	t.Helper()
	s := &Servers{
		Network: NewNetwork(), Engine: NewFakeEngine(), Networks: NewFakeNetworks(),
		t: t, dir: MemoryDir(t), log: slog.New(slog.NewTextHandler(t.Output(), nil)), size: size,
		running: map[int]*process.Server{}, failed: map[*process.Server]bool{}, agents: map[string]*process.Agent{},
		generations: map[int]int{},
		clocks:      map[string]time.Duration{}, stalled: map[int]chan struct{}{},
	}
	t.Cleanup(func() {
		s.Network.SetFilter(nil)
		s.Network.MendAll()
		for _, host := range s.Agents() {
			s.StopAgent(host)
		}
		for _, n := range s.Running() {
			s.Stop(n)
		}
		time.Sleep(lastWords)
	})
	return s
}

// Size returns how many servers form the cluster.
func (s *Servers) Size() int { return s.size }

// Host returns the IP address of a server.
func (s *Servers) Host(n int) string { return fmt.Sprintf("10.0.0.%d", n) }

// HTTP returns host:port of the APIs of a server.
func (s *Servers) HTTP(n int) string {
	return net.JoinHostPort(s.Host(n), strconv.Itoa(process.DefaultHTTPPort))
}

// Start starts servers, numbered from 1, on the data directories of earlier ones with the same
// numbers.
func (s *Servers) Start(numbers ...int) {
	s.t.Helper()
	for _, n := range numbers {
		if err := s.TryStart(n); err != nil {
			s.t.Fatal(err)
		}
	}
}

// TryStart starts a server that may find its data directory damaged.
func (s *Servers) TryStart(n int) error {
	host := s.Host(n)
	s.Network.Boot(host)
	gossip := s.Network.Gossip(host, process.DefaultGossipPort)
	p, err := process.NewServer(process.ServerConfig{
		DataDir: s.DataDir(n), Name: host, Zone: s.Zone(n), Expect: s.size, TaskNetwork: smallBlocks(),
		Addresses: s.addresses(host), Logger: s.log.With("server", n),
		Hooks: process.ServerHooks{
			ID: s.ID(n), Now: s.clock(host), SlowDisk: func() { s.slowDisk(n) },
			Listen: func(address string) (net.Listener, error) { return s.Network.Listen(address), nil },
			Dial:   s.Network.Dialer(host, serverDial), Gossip: gossip,
			Around: func(doors http.Handler) http.Handler { return s.hear(n, doors) },
		},
	})
	if err != nil {
		s.Network.Crash(host)
		return errors.Join(err, gossip.Shutdown())
	}
	p.Start()
	go s.endFailed(n, p)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running[n] = p
	return nil
}

// addresses returns the addresses of a server or an agent on a host.
func (s *Servers) addresses(host string) process.Addresses {
	return process.Addresses{
		Bind: host, Join: s.join(),
		HTTPPort: process.DefaultHTTPPort, RaftPort: process.DefaultRaftPort, GossipPort: process.DefaultGossipPort,
	}
}

// hear calls OnCall before each call of a server.
func (s *Servers) hear(n int, handler http.Handler) http.Handler {
	if s.OnCall == nil {
		return handler
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.OnCall(n)
		handler.ServeHTTP(w, r)
	})
}

// join returns the hosts of the first servers.
func (s *Servers) join() (list []string) {
	for n := range s.size {
		list = append(list, s.Host(n+1))
	}
	return list
}

// Stop stops a server in order, after undoing Freeze and StallDisk.
func (s *Servers) Stop(n int) {
	s.t.Helper()
	s.Network.Thaw(s.Host(n))
	s.MendDisk(n)
	p := s.take(n)
	if p.Broken() {
		s.kill(n, p)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	s.ended(n, p.Stop(ctx)) // calls that hang on a cut link are cut off
}

// Crash ends a server as kill -9 does, as far as possible within a process: nothing it still does
// reaches anyone.
func (s *Servers) Crash(n int) {
	s.t.Helper()
	s.Network.Crash(s.Host(n))
	s.MendDisk(n)
	s.kill(n, s.take(n))
}

func (s *Servers) kill(n int, p *process.Server) {
	s.t.Helper()
	s.ended(n, p.Kill())
}

// PowerOff is Crash of the whole machine: nobody is told that connections have ended.
func (s *Servers) PowerOff(n int) {
	s.t.Helper()
	s.Network.PowerOff(s.Host(n))
	s.Crash(n)
}

// Replace gives a server that does not run an empty disk, and so a new id.
func (s *Servers) Replace(n int) {
	s.t.Helper()
	if err := os.RemoveAll(s.DataDir(n)); err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generations[n]++
}

// take removes a server from those that run, and returns it.
func (s *Servers) take(n int) *process.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.running[n]
	delete(s.running, n)
	return p
}

// ended checks how a server ended. Effects of a broken network are no failure.
func (s *Servers) ended(n int, err error) {
	s.t.Helper()
	if err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, net.ErrClosed) {
		s.t.Errorf("stop server %d: %v", n, err)
	}
	s.Network.Crash(s.Host(n)) // connections of its clients
}

// Recovery opens the data directory of a server that does not run, as if the others were lost.
func (s *Servers) Recovery(n int) (*server.Recovery, error) {
	return server.OpenRecovery(s.DataDir(n), s.ID(n), s.log)
}

// DataDir returns the data directory of a server.
func (s *Servers) DataDir(n int) string { return filepath.Join(s.dir, s.Host(n)) }

// ID returns the id of a server.
func (s *Servers) ID(n int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("%016d%016d", s.generations[n], n)
}

// Zone returns the zone of a server: a, b and c in turn.
func (s *Servers) Zone(n int) string { return string("abc"[(n-1)%3]) }

// Running returns the numbers of the servers that run.
func (s *Servers) Running() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.running))
}

// Server returns a server, or nil if it does not run.
func (s *Servers) Server(n int) *server.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.running[n]; p != nil {
		return p.Core()
	}
	return nil
}

// Control returns the Control of a running server.
func (s *Servers) Control(n int) *control.Control { return s.Server(n).Control() }

// Leader returns the number of the server that leads and takes calls, or zero.
func (s *Servers) Leader() int {
	for _, n := range s.Running() {
		if node := s.Server(n); node != nil && !s.Failed(n) && node.Leads() {
			return n
		}
	}
	return 0
}

// Client returns a client that calls one server, from UserHost.
func (s *Servers) Client(n int) *client.Client {
	c := client.New(client.Config{Address: "http://" + s.HTTP(n), Dial: s.Network.Dialer(UserHost, agentDial)})
	s.t.Cleanup(c.Close)
	return c
}

// Eventually waits until holds returns true, for at most a minute.
func (s *Servers) Eventually(what string, holds func() bool) {
	s.t.Helper()
	eventually(s.t, what, holds)
}
