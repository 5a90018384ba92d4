package testutil

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/gossip"
	"github.com/gantry-project/gantry/httpapi"
	"github.com/gantry-project/gantry/server"
	"github.com/gantry-project/gantry/structs"
)

// Servers are several servers in a process, each a host of one Network with a data directory, a raft, a gossip member and doors; and
// agents of other hosts that call any of them. It works inside testing/synctest alone. One goroutine uses it.
type Servers struct {
	Network *Network
	Engine  *FakeEngine

	t       testing.TB
	dir     string
	log     *slog.Logger
	size    int
	running map[int]*netServer
	agents  map[string]*netAgent
}

type netServer struct {
	*server.Server
	http    *http.Server
	served  chan error
	closing chan struct{}
}

type netAgent struct {
	*agent.Agent
	servers *agent.Servers
	cancel  context.CancelFunc
	ended   chan error
}

// The ports of every host.
const (
	netHTTP, netRaft, netGossip = "5747", "5748", 5749
)

// lastWords is how long memberlist's goroutines may wait for an answer after its end, in fake time.
const lastWords = 30 * time.Second

// NewServers makes a cluster that is to have so many servers, of which none runs yet.
func NewServers(t testing.TB, size int) *Servers {
	t.Helper()
	s := &Servers{
		Network: NewNetwork(), Engine: NewFakeEngine(), t: t, dir: memoryDir(t), log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		size: size, running: map[int]*netServer{}, agents: map[string]*netAgent{},
	}
	t.Cleanup(func() {
		for name := range s.agents {
			s.StopAgent(name)
		}
		for n := range s.running {
			s.Stop(n)
		}
		time.Sleep(lastWords)
	})
	return s
}

// Host is the address of a server.
func (s *Servers) Host(n int) string { return fmt.Sprintf("10.0.0.%d", n) }

// HTTP is where a server takes calls.
func (s *Servers) HTTP(n int) string { return net.JoinHostPort(s.Host(n), netHTTP) }

// Start starts servers, by number from 1, on the data directories of earlier ones of the numbers.
func (s *Servers) Start(numbers ...int) {
	s.t.Helper()
	for _, n := range numbers {
		host := s.Host(n)
		var join []string
		for other := range s.size {
			join = append(join, fmt.Sprintf("%s:%d", s.Host(other+1), netGossip))
		}
		node, err := server.New(server.Config{
			ID: serverID(n), DataDir: filepath.Join(s.dir, host), Logger: s.log.With("server", n),
			Peers: &server.Peers{
				Expect: s.size, Name: host, HTTP: s.HTTP(n), Raft: net.JoinHostPort(host, netRaft),
				RaftListener: s.Network.Listen(net.JoinHostPort(host, netRaft)), Join: join, Dial: s.Network.Dialer(host),
				Gossip: gossip.Config{Bind: host, Port: netGossip, Transport: s.Network.Gossip(host, netGossip)},
			},
		})
		if err != nil {
			s.t.Fatal(err)
		}
		p := &netServer{Server: node, served: make(chan error, 1), closing: make(chan struct{})}
		mux := http.NewServeMux()
		mux.Handle("/v1/", httpapi.New(httpapi.Config{
			Control: node.Control(), Ready: node.Ready, Logger: s.log, Closing: p.closing, Members: node.Members, Leader: node.Leader, Server: node,
		}))
		mux.Handle("/v1/peer/", node.Peers())
		p.http = &http.Server{Handler: node.Forward(mux)}
		listener := s.Network.Listen(s.HTTP(n))
		go func() { p.served <- p.http.Serve(listener) }()
		s.running[n] = p
	}
}

// Stop ends a server in order.
func (s *Servers) Stop(n int) {
	s.t.Helper()
	p := s.running[n]
	delete(s.running, n)
	close(p.closing)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = p.http.Shutdown(ctx) // what hangs on a cut link is closed below
	s.end(n, p)
}

// Crash ends a server as kill -9 does, as far as a process can: nothing of it reaches anybody any more.
func (s *Servers) Crash(n int) {
	s.t.Helper()
	p := s.running[n]
	delete(s.running, n)
	s.Network.Crash(s.Host(n))
	close(p.closing)
	s.end(n, p)
}

func (s *Servers) end(n int, p *netServer) {
	s.t.Helper()
	p.http.Close()
	if err := p.Server.Stop(); err != nil {
		s.t.Errorf("stop server %d: %v", n, err)
	}
	if err := <-p.served; !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
		s.t.Errorf("serve: %v", err)
	}
	s.Network.Crash(s.Host(n)) // connections of its clients
}

// Recovery opens the data directory of a server that does not run, for the other servers are lost.
func (s *Servers) Recovery(n int) (*server.Recovery, error) {
	return server.OpenRecovery(filepath.Join(s.dir, s.Host(n)), serverID(n), s.log)
}

func serverID(n int) string { return fmt.Sprintf("%032d", n) }

// Running are the numbers of the servers that run.
func (s *Servers) Running() []int {
	return slices.Sorted(maps.Keys(s.running))
}

// Server is a running server.
func (s *Servers) Server(n int) *server.Server { return s.running[n].Server }

// Control is a running server's.
func (s *Servers) Control(n int) *control.Control { return s.running[n].Control() }

// Leader is the number of the server that leads and takes calls; zero: none does.
func (s *Servers) Leader() int {
	for _, n := range s.Running() {
		if s.Server(n).Leads() {
			return n
		}
	}
	return 0
}

// Client makes a client that calls one server, from a host of its own.
func (s *Servers) Client(n int) *client.Client {
	c := client.New(client.Config{Address: "http://" + s.HTTP(n), Dial: s.Network.Dialer("10.0.9.9")})
	s.t.Cleanup(c.Close)
	return c
}

// StartAgent starts an agent on a host, which is its name, in a zone.
func (s *Servers) StartAgent(host, zone string) {
	s.t.Helper()
	dir := filepath.Join(s.dir, host)
	id, err := agent.Identity(dir, structs.DefaultCluster)
	if err != nil {
		s.t.Fatal(err)
	}
	p := &netAgent{ended: make(chan error, 1)}
	p.servers = agent.NewServers(agent.ServersConfig{
		Key: id, Zone: zone,
		Candidates: func() (list []structs.Member) {
			for n := range s.size {
				list = append(list, structs.Member{ID: fmt.Sprintf("%032d", n+1), HTTP: s.HTTP(n + 1)})
			}
			return list
		},
		Connect: func(address string) *client.Client {
			return client.New(client.Config{Address: "http://" + address, Dial: s.Network.Dialer(host)})
		},
	})
	p.Agent, err = agent.New(agent.Config{
		DataDir: dir, Zone: zone, Name: host, Version: "0.1.0", Server: p.servers, Logger: s.log.With("agent", host),
		Runtime: func(instance string) agent.Runtime { return s.Engine.Runtime(instance) },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	var ctx context.Context
	ctx, p.cancel = context.WithCancel(context.Background())
	go func() { p.ended <- p.Run(ctx) }()
	s.agents[host] = p
}

// StopAgent ends an agent; its containers run on.
func (s *Servers) StopAgent(host string) {
	s.t.Helper()
	p := s.agents[host]
	delete(s.agents, host)
	p.cancel()
	if err := <-p.ended; err != nil {
		s.t.Errorf("run agent %s: %v", host, err)
	}
	p.servers.Close()
}

// Instance is the container instance of an agent.
func (s *Servers) Instance(host string) string { return s.agents[host].Instance() }

// Eventually waits up to a minute until something holds.
func (s *Servers) Eventually(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("after a minute it does not hold that %s", what)
		}
	}
}
