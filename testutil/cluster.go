package testutil

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/httpapi"
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
	// Door makes a further handler beside the native API's, anew for each server. Nil: none. Set it
	// while no server runs.
	Door func(*control.Control) http.Handler
	// OnCall hears of every call to a server before the server does. Nil: nobody. Set it while no
	// server runs.
	OnCall func()

	t        testing.TB
	dir      string
	log      *slog.Logger
	listener atomic.Pointer[pipeListener]  // nil: nothing listens
	server   atomic.Pointer[serverProcess] // nil: none runs
	agents   map[string]*agentProcess      // by name
}

// NewCluster makes a cluster of which nothing runs yet.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	dir := MemoryDir(t)
	c := &Cluster{
		Dir: filepath.Join(dir, "server"), Engine: NewFakeEngine(),
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

// dial connects to the server that runs.
func (c *Cluster) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if l := c.listener.Load(); l != nil {
		return l.dial(ctx)
	}
	return nil, &net.OpError{Op: "dial", Net: "pipe", Err: syscall.ECONNREFUSED}
}

// serverProcess is a running server with its doors.
type serverProcess struct {
	*server.Server
	http     *http.Server
	listener *pipeListener
	closing  chan struct{} // closed when streams are to end
	served   chan error
	conns    sync.WaitGroup // connections with a goroutine of their own
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
	s, err := server.New(server.Config{ID: "a", DataDir: c.Dir, Logger: c.log})
	if err != nil {
		return err
	}
	p := &serverProcess{Server: s, listener: newPipeListener(), closing: make(chan struct{}), served: make(chan error, 1)}
	p.http = &http.Server{Handler: c.doors(p), ConnState: p.countConn}
	go func() { p.served <- p.http.Serve(p.listener) }()
	c.server.Store(p)
	c.listener.Store(p.listener)
	return nil
}

// doors is the handler of all that a server can be asked.
func (c *Cluster) doors(p *serverProcess) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/v1/", httpapi.New(httpapi.Config{Control: p.Control(), Ready: p.Ready, Logger: c.log, Closing: p.closing}))
	if c.Door != nil {
		mux.Handle("/", c.Door(p.Control()))
	}
	if c.OnCall == nil {
		return mux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.OnCall()
		mux.ServeHTTP(w, r)
	})
}

func (p *serverProcess) countConn(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		p.conns.Add(1)
	case http.StateClosed:
		p.conns.Done()
	}
}

// StopServer ends the server in order: streams end, calls are answered.
func (c *Cluster) StopServer() {
	c.t.Helper()
	p := c.server.Swap(nil)
	if p == nil {
		return
	}
	c.listener.Store(nil)
	close(p.closing)
	if err := p.http.Shutdown(context.Background()); err != nil {
		c.t.Errorf("shut the doors: %v", err)
	}
	c.checkEnd(p, p.Stop())
}

// CrashServer ends the server as a crash would, as far as a process can: its log ends first, then
// all connections break. Nothing that a call does about that reaches the log any more.
func (c *Cluster) CrashServer() {
	c.t.Helper()
	p := c.server.Swap(nil)
	c.listener.Store(nil)
	err := p.Stop()
	p.http.Close()
	c.checkEnd(p, err)
}

// checkEnd waits for the end of everything that a server has started.
func (c *Cluster) checkEnd(p *serverProcess, err error) {
	c.t.Helper()
	if err != nil {
		c.t.Errorf("stop the server: %v", err)
	}
	if err := <-p.served; !errors.Is(err, http.ErrServerClosed) {
		c.t.Errorf("serve: %v", err)
	}
	p.conns.Wait()
}

// Server is the running server.
func (c *Cluster) Server() *server.Server { return c.server.Load().Server }

// CutConnections breaks every connection that is open, as a network does that fails for a moment.
func (c *Cluster) CutConnections() {
	if l := c.listener.Load(); l != nil {
		l.cut()
	}
}

// Control is the running server's; nil while none runs.
func (c *Cluster) Control() *control.Control {
	if p := c.server.Load(); p != nil {
		return p.Control()
	}
	return nil
}
