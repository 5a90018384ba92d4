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

// Cluster is a whole cluster in one process: a server that is alone, with a data directory and its
// doors, and agents that call it through the real client and run containers on one FakeEngine. It
// is for use inside testing/synctest: connections are in memory. Only one goroutine may start and
// stop its parts. Whatever still runs at the end of the test is stopped then.
type Cluster struct {
	Dir    string // the server's data directory; those of agents are beside it
	Engine *FakeEngine
	// Networks are those of awsvpc tasks on each agent's host.
	Networks *FakeNetworks
	// HTTP calls the server that is running at the time, for any host: http://gantry/v1/health.
	HTTP *http.Client
	// OnCall, if set, is called before each call of the server. Set it while no server runs.
	OnCall func()

	t       testing.TB
	dir     string
	log     *slog.Logger
	network *Network
	server  atomic.Pointer[process.Server] // nil while none runs
	agents  map[string]*agentProcess       // by name
}

// NewCluster returns a cluster of which nothing runs yet.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	dir := MemoryDir(t)
	c := &Cluster{
		Dir: filepath.Join(dir, "server"), Engine: NewFakeEngine(), Networks: NewFakeNetworks(), network: NewNetwork(),
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

// MemoryDir returns a temporary directory, in memory if the system has a place for that, as syncing
// a file to a disk takes real time.
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

// Eventually waits until holds returns true, for at most a minute.
func (c *Cluster) Eventually(what string, holds func() bool) {
	c.t.Helper()
	eventually(c.t, what, holds)
}

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not true after a minute: %s", what)
		}
	}
}

// serverHost is the host of the server.
const serverHost = "10.0.0.1"

// address returns host:port of the server's APIs.
func (c *Cluster) address() string {
	return net.JoinHostPort(serverHost, strconv.Itoa(process.DefaultHTTPPort))
}

// dial connects to the running server.
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
		DataDir: c.Dir, Name: "host", Alone: true, Logger: c.log, TaskNetwork: smallBlocks(),
		Addresses: process.Addresses{Bind: serverHost, HTTPPort: process.DefaultHTTPPort},
		Hooks: process.ServerHooks{
			ID: "a", Around: c.hear,
			Listen: func(address string) (net.Listener, error) { return c.network.Listen(address), nil },
		},
	})
	if err != nil {
		return err
	}
	p.Start()
	c.server.Store(p)
	return nil
}

// hear calls OnCall before each call.
func (c *Cluster) hear(doors http.Handler) http.Handler {
	if c.OnCall == nil {
		return doors
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.OnCall()
		doors.ServeHTTP(w, r)
	})
}

// StopServer stops the server in order: streams end, and calls are answered.
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

// CrashServer ends the server as a crash does, as far as possible within a process: its log ends
// first, then all connections break. Nothing that a call does then reaches the log.
func (c *Cluster) CrashServer() {
	c.t.Helper()
	if err := c.server.Swap(nil).Kill(); err != nil {
		c.t.Errorf("stop the server: %v", err)
	}
	c.network.Crash(serverHost)
}

// Server returns the running server.
func (c *Cluster) Server() *server.Server { return c.server.Load().Core() }

// CutConnections breaks all open connections, as a network that fails for a moment.
func (c *Cluster) CutConnections() { c.network.CutStreams(serverHost) }

// Control returns the Control of the running server, or nil.
func (c *Cluster) Control() *control.Control {
	if p := c.server.Load(); p != nil {
		return p.Core().Control()
	}
	return nil
}
