package testutil

import (
	"context"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/process"
	"github.com/gantry-project/gantry/server"
)

// Cluster is a whole cluster in a process: a server with a data directory, its doors, and agents
// that reach it through the real client and run containers on one FakeEngine. It works inside
// testing/synctest, and is made to: connections are in memory. One goroutine starts and stops its
// parts; what is not stopped by the end of the test is stopped then.
type Cluster struct {
	Dir    string // the server's; those of agents are beside it
	Engine *FakeEngine
	// HTTP reaches the server that runs at the time, whatever the host: http://gantry/v1/health.
	HTTP *http.Client
	// OnCall hears of every call to a server before the server does. Nil: nobody. Set it while no
	// server runs.
	OnCall func()

	t       testing.TB
	dir     string
	log     *slog.Logger
	network *Network
	server  atomic.Pointer[process.Server] // nil: none runs
	agents  map[string]*agentProcess       // by name
}

// NewCluster makes a cluster of which nothing runs yet.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	dir := MemoryDir(t)
	c := &Cluster{
		Dir: filepath.Join(dir, "server"), Engine: NewFakeEngine(), network: NewNetwork(),
		t: t, log: slog.New(slog.NewTextHandler(t.Output(), nil)), dir: dir, agents: map[string]*agentProcess{},
	}
	transport := &http.Transport{DialContext: c.dial}
	c.HTTP = &http.Client{Transport: transport}
	t.Cleanup(func() {
		for _, name := range slices.Sorted(maps.Keys(c.agents)) {
			c.StopAgent(name)
		}
		c.StopServer()
		transport.CloseIdleConnections()
	})
	return c
}

// MemoryDir is a temporary directory, in memory where the system has one for that: a sync of a file
// on a disk takes real time.
func MemoryDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "gantry-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// Start starts the server and an agent, "host", and waits until both are ready.
func (c *Cluster) Start() {
	c.t.Helper()
	c.StartServer()
	c.StartAgent("host")
	c.Eventually("the agent is ready", c.Agent("host").Ready)
}

// Eventually waits up to a minute until something holds.
func (c *Cluster) Eventually(what string, holds func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("after a minute it does not hold that %s", what)
		}
	}
}

// serverHost is the host of the server.
const serverHost = "10.0.0.1"

// address is where the server takes calls.
func (c *Cluster) address() string {
	return net.JoinHostPort(serverHost, strconv.Itoa(process.DefaultHTTPPort))
}

// dial connects to the server that runs.
func (c *Cluster) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	return c.network.Dialer(UserHost, agentDial)(ctx, network, c.address())
}

// StartServer starts a server and waits until it takes calls.
func (c *Cluster) StartServer() {
	c.t.Helper()
	if err := c.TryStartServer(); err != nil {
		c.t.Fatal(err)
	}
	c.Eventually("the server is ready", func() bool { return c.Server().Ready() == nil })
}

// TryStartServer starts a server that may find its data directory damaged.
func (c *Cluster) TryStartServer() error {
	c.network.Boot(serverHost)
	p, err := process.NewServer(process.ServerConfig{
		DataDir: c.Dir, Name: "host", Alone: true, Logger: c.log,
		Addresses: process.Addresses{Bind: serverHost, HTTPPort: process.DefaultHTTPPort},
		Hooks: process.ServerHooks{
			ID: "a", Listen: func(address string) (net.Listener, error) { return c.network.Listen(address), nil }, Around: c.hear,
		},
	})
	if err != nil {
		return err
	}
	p.Start()
	c.server.Store(p)
	return nil
}

// hear lets OnCall hear of calls.
func (c *Cluster) hear(doors http.Handler) http.Handler {
	if c.OnCall == nil {
		return doors
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.OnCall()
		doors.ServeHTTP(w, r)
	})
}

// StopServer ends the server in order: streams end, calls are answered.
func (c *Cluster) StopServer() {
	c.t.Helper()
	p := c.server.Swap(nil)
	if p == nil {
		return
	}
	if err := p.Stop(context.Background()); err != nil {
		c.t.Errorf("stop the server: %v", err)
	}
	c.network.Crash(serverHost) // connections of its clients
}

// CrashServer ends the server as a crash would, as far as a process can: its log ends first, then
// all connections break. Nothing that a call does about that reaches the log any more.
func (c *Cluster) CrashServer() {
	c.t.Helper()
	if err := c.server.Swap(nil).Kill(); err != nil {
		c.t.Errorf("stop the server: %v", err)
	}
	c.network.Crash(serverHost)
}

// Server is the running server.
func (c *Cluster) Server() *server.Server { return c.server.Load().Core() }

// CutConnections breaks every connection that is open, as a network does that fails for a moment.
func (c *Cluster) CutConnections() { c.network.CutStreams(serverHost) }

// Control is the running server's; nil while none runs.
func (c *Cluster) Control() *control.Control {
	if p := c.server.Load(); p != nil {
		return p.Core().Control()
	}
	return nil
}
