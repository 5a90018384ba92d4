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

// Servers are several servers in a process, each a host of one Network with a data directory, a
// raft, a gossip member and doors; and agents of other hosts that call any of them. It works inside
// testing/synctest alone. One goroutine starts and stops its parts; any may look at them.
type Servers struct {
	Network *Network
	Engine  *FakeEngine
	// OnCall hears of every call to a server before the server does. Nil: nobody. Set it while no
	// server runs.
	OnCall func(n int)

	t    testing.TB
	dir  string
	log  *slog.Logger
	size int

	mu          sync.Mutex
	running     map[int]*process.Server
	failed      map[*process.Server]bool // they have ended by themselves
	agents      map[string]*process.Agent
	generations map[int]int              // how often the disk of a server was replaced
	clocks      map[string]time.Duration // of hosts: how far ahead
	stalled     map[int]chan struct{}    // servers whose disk is stalled; closed when it goes on
}

// UserHost is the host of who calls the cluster from outside.
const UserHost = "10.0.9.9"

// How long a server and anybody else tries to make a connection, as the real ones do.
const serverDial, agentDial = time.Second, 5 * time.Second

// lastWords is how long memberlist's goroutines may wait for an answer after its end, in fake time:
// an agent that heard nobody for a while waits for eight times as long as between two probes.
const lastWords = 90 * time.Second

// NewServers makes a cluster that is to have so many servers, of which none runs yet.
func NewServers(t testing.TB, size int) *Servers {
	t.Helper()
	s := &Servers{
		Network: NewNetwork(), Engine: NewFakeEngine(), t: t, dir: MemoryDir(t), log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		size: size, running: map[int]*process.Server{}, failed: map[*process.Server]bool{}, agents: map[string]*process.Agent{}, generations: map[int]int{},
		clocks: map[string]time.Duration{}, stalled: map[int]chan struct{}{},
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

// Size is how many servers the cluster is to begin with.
func (s *Servers) Size() int { return s.size }

// Host is the address of a server.
func (s *Servers) Host(n int) string { return fmt.Sprintf("10.0.0.%d", n) }

// HTTP is where a server takes calls.
func (s *Servers) HTTP(n int) string {
	return net.JoinHostPort(s.Host(n), strconv.Itoa(process.DefaultHTTPPort))
}

// Start starts servers, by number from 1, on the data directories of earlier ones of the numbers.
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
		DataDir: s.DataDir(n), Name: host, Zone: s.Zone(n), Expect: s.size,
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

// addresses are those of a server or an agent on a host.
func (s *Servers) addresses(host string) process.Addresses {
	return process.Addresses{
		Bind: host, HTTPPort: process.DefaultHTTPPort, RaftPort: process.DefaultRaftPort, GossipPort: process.DefaultGossipPort,
		Join: s.join(),
	}
}

// hear lets OnCall hear of what is called at a server.
func (s *Servers) hear(n int, handler http.Handler) http.Handler {
	if s.OnCall == nil {
		return handler
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.OnCall(n)
		handler.ServeHTTP(w, r)
	})
}

// join are the hosts of the first servers.
func (s *Servers) join() (list []string) {
	for n := range s.size {
		list = append(list, s.Host(n+1))
	}
	return list
}

// Stop ends a server in order; one that is frozen hears of it when it goes on.
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
	s.ended(n, p.Stop(ctx)) // what hangs on a cut link is cut off
}

// Crash ends a server as kill -9 does, as far as a process can: nothing of it reaches anybody any
// more.
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

// PowerOff is Crash with the whole machine: nobody is told that connections have ended.
func (s *Servers) PowerOff(n int) {
	s.t.Helper()
	s.Network.PowerOff(s.Host(n))
	s.Crash(n)
}

// Replace gives a server that does not run an empty disk, and with that another id.
func (s *Servers) Replace(n int) {
	s.t.Helper()
	if err := os.RemoveAll(s.DataDir(n)); err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generations[n]++
}

// take returns a server that is to end.
func (s *Servers) take(n int) *process.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.running[n]
	delete(s.running, n)
	return p
}

// ended notes how a server ended. What a broken network does to it is no failure.
func (s *Servers) ended(n int, err error) {
	s.t.Helper()
	if err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, net.ErrClosed) {
		s.t.Errorf("stop server %d: %v", n, err)
	}
	s.Network.Crash(s.Host(n)) // connections of its clients
}

// Recovery opens the data directory of a server that does not run, for the other servers are lost.
func (s *Servers) Recovery(n int) (*server.Recovery, error) {
	return server.OpenRecovery(s.DataDir(n), s.ID(n), s.log)
}

// DataDir is the data directory of a server.
func (s *Servers) DataDir(n int) string { return filepath.Join(s.dir, s.Host(n)) }

// ID is the id of a server.
func (s *Servers) ID(n int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("%016d%016d", s.generations[n], n)
}

// Zone is the zone of a server: one after the other, a to c.
func (s *Servers) Zone(n int) string { return string("abc"[(n-1)%3]) }

// Running are the numbers of the servers that run.
func (s *Servers) Running() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.running))
}

// Server is a running server; nil where it does not run.
func (s *Servers) Server(n int) *server.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.running[n]; p != nil {
		return p.Core()
	}
	return nil
}

// Control is a running server's.
func (s *Servers) Control(n int) *control.Control { return s.Server(n).Control() }

// Leader is the number of the server that leads and takes calls; zero: none does.
func (s *Servers) Leader() int {
	for _, n := range s.Running() {
		if node := s.Server(n); node != nil && !s.Failed(n) && node.Leads() {
			return n
		}
	}
	return 0
}

// Client makes a client that calls one server, from a host of its own.
func (s *Servers) Client(n int) *client.Client {
	c := client.New(client.Config{Address: "http://" + s.HTTP(n), Dial: s.Network.Dialer(UserHost, agentDial)})
	s.t.Cleanup(c.Close)
	return c
}

// Eventually waits up to a minute until something holds.
func (s *Servers) Eventually(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("after a minute it does not hold that %s", what)
		}
	}
}
