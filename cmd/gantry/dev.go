package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/server"
	"github.com/gantry-project/gantry/structs"
)

// stopWait bounds a graceful end.
const stopWait = 60 * time.Second

// devOptions are the flags of gantry dev.
type devOptions struct {
	logging  logging
	httpAddr string
	dataDir  string // empty: a temporary one, removed at the end with all containers
	zone     string
	cluster  string
	provider string // capacity provider of the machine; empty: none
	gpus     []string
}

func devCommand() *cobra.Command {
	var o devOptions
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run a whole cluster in one process: one server and one agent on the local Docker Engine",
		Long: `Run a whole cluster in one process: one server and one agent on the local Docker Engine.

Any credentials are accepted, so it listens on loopback addresses only. Without --data-dir everything is kept in a
temporary directory; at the end it is removed, and so are the containers. With --data-dir state is kept, containers run on,
and the next start on the same directory takes them over.`,
	}
	o.logging.addFlags(cmd)
	cmd.Flags().StringVar(&o.httpAddr, "http-addr", "127.0.0.1:5747", "loopback address and port to listen on; port 0 picks a free one")
	cmd.Flags().StringVar(&o.dataDir, "data-dir", "", "directory that keeps the cluster's state (default: a temporary one)")
	cmd.Flags().StringVar(&o.zone, "zone", "a", "availability zone of this machine")
	cmd.Flags().StringVar(&o.cluster, "cluster", "default", "cluster that this machine joins")
	cmd.Flags().StringVar(&o.provider, "capacity-provider", "", "capacity provider that this machine belongs to (default: none)")
	addGPUFlag(cmd, &o.gpus)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.logging.check(); err != nil {
			return err
		}
		o.gpus = gpus(cmd, o.gpus)
		return runDev(cmd.Context(), &o, o.logging.logger(), cmd.OutOrStdout())
	}
	return cmd
}

// dev is a server, an agent and the listener that joins them.
type dev struct {
	*devOptions
	log      *slog.Logger
	listener net.Listener
	http     *http.Server
	server   *server.Server
	agent    *agent.Agent
	client   *client.Client
	name     string        // the host's
	closing  chan struct{} // closed when streams are to end
	temp     bool          // dataDir is ours to remove
}

// runDev runs until ctx ends or a part fails.
func runDev(ctx context.Context, o *devOptions, log *slog.Logger, out io.Writer) (err error) {
	d := &dev{devOptions: o, log: log, closing: make(chan struct{})}
	engine, err := docker.New(docker.Config{Logger: log})
	if err != nil {
		return err
	}
	if _, err := engine.Info(ctx); err != nil {
		return err
	}
	if err := d.listen(ctx); err != nil {
		return err
	}
	defer d.listener.Close()
	if err := d.openDataDir(); err != nil {
		return err
	}
	if d.server, err = server.New(server.Config{ID: "dev", DataDir: d.dataDir, Logger: log}); err != nil {
		return errors.Join(err, d.removeTemp())
	}
	if err := d.newAgent(engine); err != nil {
		return errors.Join(err, d.server.Stop(), d.removeTemp())
	}
	return d.run(ctx, out)
}

func (d *dev) listen(ctx context.Context) (err error) {
	host, _, err := net.SplitHostPort(d.httpAddr)
	if err != nil {
		return fmt.Errorf("--http-addr: %q is not host:port", d.httpAddr)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("--http-addr: %s is not a loopback address; gantry dev takes any credentials, so it must not be reachable from other machines (use 127.0.0.1)", host)
	}
	d.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", d.httpAddr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is taken by another process: stop that one, or choose another port with --http-addr 127.0.0.1:PORT", d.httpAddr)
	}
	return err
}

func (d *dev) openDataDir() (err error) {
	if d.dataDir == "" {
		d.temp = true
		d.dataDir, err = os.MkdirTemp("", "gantry-dev-")
		return err
	}
	return checkDisk(d.dataDir)
}

func (d *dev) removeTemp() error {
	if !d.temp {
		return nil
	}
	return os.RemoveAll(d.dataDir)
}

func (d *dev) url() string { return "http://" + d.listener.Addr().String() }

func (d *dev) newAgent(engine *docker.Engine) (err error) {
	d.client = client.New(client.Config{Address: d.url()})
	if d.name, err = os.Hostname(); err != nil {
		return fmt.Errorf("read the host name: %w", err)
	}
	d.agent, err = agent.New(agent.Config{
		DataDir: d.dataDir, Cluster: d.cluster, Zone: d.zone, Name: d.name, CapacityProvider: d.provider, GPUs: d.gpus, Version: version, Commit: commit(),
		Server:   serverOverHTTP{d.client},
		Runtime:  func(instance string) runtime.Runtime { return engine.ForInstance(instance) },
		Address:  func() string { return "127.0.0.1" }, // where ports of tasks are reached from here
		OwnPorts: func() []structs.Port { return portsOf("tcp", d.listener.Addr().String()) },
		Logger:   d.log,
	})
	return err
}

// members are what a cluster of one process has: this one, which no gossip tells of.
func (d *dev) members() []structs.Member {
	return []structs.Member{{
		ID: "dev", Name: d.name, Role: structs.RoleServer, Status: structs.MemberAlive, Zone: d.zone, Version: version, HTTP: d.listener.Addr().String(),
	}}
}

// leader is this process once it leads.
func (d *dev) leader() string {
	if !d.server.Leads() {
		return ""
	}
	return d.listener.Addr().String()
}

// ready says why the whole cannot take work yet.
func (d *dev) ready() error {
	if err := d.server.Ready(); err != nil {
		return err
	}
	if !d.agent.Ready() {
		return errors.New("the agent has not registered its container instance yet")
	}
	return nil
}

// run serves until ctx ends or a part fails, then ends everything in order.
func (d *dev) run(ctx context.Context, out io.Writer) error {
	doors := doors{
		server: d.server, log: d.log, ready: d.ready, members: d.members, leader: d.leader, closing: d.closing,
		front: func(w http.ResponseWriter, _ *http.Request) { d.usage(w) },
	}
	d.http = serveHTTP(doors.handler(), d.log)

	agentCtx, stopAgent := context.WithCancel(context.Background())
	failed := make(chan error, 2)
	var parts sync.WaitGroup
	parts.Go(func() { failed <- d.http.Serve(d.listener) })
	parts.Go(func() { failed <- d.agent.Run(agentCtx) })
	go d.announce(ctx, out)

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	case err = <-d.server.Failed():
		stopAgent()
		hangUp(d.http)
		return err // nothing can be stopped in order any more
	}
	return errors.Join(err, stopUnlessFailed(d.server, func() error {
		err := d.stop(stopAgent, out)
		parts.Wait()
		return err
	}))
}

// stop ends the agent, the listener and the server; with a temporary data directory the containers
// too.
func (d *dev) stop(stopAgent context.CancelFunc, out io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWait)
	defer cancel()
	stopAgent()
	var err error
	if d.temp {
		fmt.Fprintln(out, "Stopping: the containers and the temporary data directory are removed.")
		err = d.agent.StopAll(ctx)
	} else {
		fmt.Fprintf(out, "Stopping: containers run on; gantry dev --data-dir %s takes them over.\n", d.dataDir)
	}
	close(d.closing)
	err = errors.Join(err, d.http.Shutdown(ctx))
	d.client.Close()
	return errors.Join(err, d.server.Stop(), d.removeTemp())
}

// announce waits until all is ready and says how to use it.
func (d *dev) announce(ctx context.Context, out io.Writer) {
	for d.ready() != nil {
		select {
		case <-ctx.Done():
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
	kept := d.dataDir
	if d.temp {
		kept += " (removed at the end; --data-dir keeps it)"
	}
	fmt.Fprintf(out, `gantry dev is ready
  address   %s
  cluster   %s, zone %s
  data      %s

`, d.url(), d.cluster, d.zone, kept)
	d.usage(out)
}

// usage says how to talk to it.
func (d *dev) usage(out io.Writer) {
	fmt.Fprintf(out, `This address speaks the Amazon ECS API; any credentials do. In a shell:

  export AWS_ACCESS_KEY_ID=dev AWS_SECRET_ACCESS_KEY=dev AWS_DEFAULT_REGION=us-east-1
  aws --endpoint-url %s ecs list-container-instances --cluster %s

`, d.url(), d.cluster)
}
