package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/process"
	"github.com/gantry-project/gantry/structs"
)

// stopWait bounds an orderly stop.
const stopWait = 60 * time.Second

// devOptions holds the flags of gantry dev.
type devOptions struct {
	logging  logging
	httpAddr string
	dataDir  string // empty for a temporary one, which is removed at the end with all containers
	zone     string
	region   string // for tasks
	awsKeys  string // file
	cluster  string
	provider string // capacity provider of the machine; empty for none
	gpus     []string
	tasks    taskNetwork
	fargate  structs.FargateSizes
	exposed  structs.Ingress
	pauses   agentNetwork
	files    filesDir
	images   imageOptions
	ingress  ingress
	cleanup  time.Duration // how long the containers of ended tasks are kept
	logs     keptLogs
}

func devCommand() *cobra.Command {
	var o devOptions
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run a whole cluster in one process, to develop and try things out",
		Long: `Run a whole cluster in one process: one server, and one agent on the local Docker Engine.

It accepts any credentials, and so listens on loopback addresses only.

Without --data-dir the state is kept in a temporary directory. When gantry dev ends, it removes the
directory and all containers. With --data-dir the state is kept and the containers run on; the next
gantry dev with the same directory takes them over.`,
		Example: `  gantry dev
  gantry dev --http-addr 127.0.0.1:0 --data-dir ./state`,
	}
	o.logging.addFlags(cmd)
	cmd.Flags().StringVar(&o.httpAddr, "http-addr", "127.0.0.1:5747", "loopback `address` to listen on, as HOST:PORT; port 0 picks a free one")
	cmd.Flags().StringVar(&o.dataDir, "data-dir", "", "`directory` for the cluster's state (default: a temporary one)")
	cmd.Flags().StringVar(&o.zone, "zone", "a", "availability `zone` of this machine")
	addRoleFlags(cmd, &o.region, &o.awsKeys)
	cmd.Flags().StringVar(&o.cluster, "cluster", "default", "`name` of the cluster that this machine joins")
	cmd.Flags().StringVar(&o.provider, "capacity-provider", "", "`name` of the capacity provider that this machine belongs to")
	addGPUFlag(cmd, &o.gpus)
	o.tasks.addFlags(cmd)
	addFargateFlag(cmd, &o.fargate)
	addIngressFlags(cmd, &o.exposed, "default: 80 and 443 if this process can have them, or else 8080 and 8443")
	o.pauses.addFlags(cmd)
	o.files.addFlag(cmd)
	o.images.addFlags(cmd)
	addCleanupWaitFlag(cmd, &o.cleanup)
	o.logs.addFlags(cmd)
	o.ingress.addFlags(cmd, "127.0.0.1", 3*time.Second)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := cmp.Or(o.logging.check(), o.pauses.check(), checkCleanupWait(o.cleanup), o.logs.check(), checkIngress(&o.exposed), o.ingress.check(), o.check()); err != nil {
			return err
		}
		o.gpus = gpus(cmd, o.gpus)
		return runDev(cmd.Context(), &o, o.logging.logger(), cmd.OutOrStdout())
	}
	return cmd
}

func (o *devOptions) check() error {
	host, _, err := net.SplitHostPort(o.httpAddr)
	if err != nil {
		return fmt.Errorf("--http-addr: %q is not HOST:PORT", o.httpAddr)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("--http-addr: %s is not a loopback address: gantry dev accepts any credentials, "+
			"so other machines must not reach it (use 127.0.0.1)", host)
	}
	_, err = o.tasks.network()
	return err
}

// runDev runs a cluster until ctx ends or a part of it fails.
func runDev(ctx context.Context, o *devOptions, log *slog.Logger, out io.Writer) error {
	images, err := o.images.config()
	if err != nil {
		return err
	}
	if err := o.files.find(); err != nil {
		return err
	}
	// Whoever reaches the loopback address can use the engine too.
	machine, err := openMachine(ctx, docker.Config{AllowPrivileged: true, Logger: log}, 0, o.awsKeys, o.files)
	if err != nil {
		return err
	}
	tasks, err := o.tasks.network()
	if err != nil {
		return err
	}
	sinks, err := logSinks(o.logs.sinks)
	if err != nil {
		return err
	}
	ingress, err := o.ingress.config(ctx, log)
	if err != nil {
		return err
	}
	d, err := process.NewDev(process.DevConfig{HTTPAddr: o.httpAddr, TaskNetwork: tasks, Fargate: o.fargate, Ingress: devIngress(o.exposed), Agent: agent.Config{
		DataDir: o.dataDir, Cluster: o.cluster, Zone: o.zone, Region: o.region, CapacityProvider: o.provider, GPUs: o.gpus,
		Version: version, Commit: commit(), AllowPrivileged: true, AnyArchitecture: true,
		Runtime: machine.runtime, Resources: machine.resources, Network: o.pauses.network(machine), Traffic: machine.traffic(),
		Ingress: ingress, Images: images, CleanupWait: o.cleanup, Logs: o.logs.config(), LogSinks: sinks, Logger: log,
	}})
	if err != nil {
		return portTaken(err, 0, "--http-addr 127.0.0.1:PORT")
	}
	d.Start()
	go announceDev(ctx, o, d, out)
	select {
	case <-ctx.Done():
	case <-d.Done():
	}
	if !d.Broken() {
		sayStopping(d, out)
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopWait)
	defer cancel()
	return d.Stop(ctx)
}

// announceDev prints how to use the cluster once it is ready.
func announceDev(ctx context.Context, o *devOptions, d *process.Dev, out io.Writer) {
	if !untilReady(ctx, d.Ready) {
		return
	}
	dir, temporary := d.DataDir()
	if temporary {
		dir += " (removed at the end; use --data-dir to keep it)"
	}
	fmt.Fprintf(out, `gantry dev is ready
  address   %s
  cluster   %s, zone %s
  data      %s

`, d.URL(), o.cluster, o.zone, dir)
	d.Usage(out)
}

// sayStopping prints what happens to the containers.
func sayStopping(d *process.Dev, out io.Writer) {
	dir, temporary := d.DataDir()
	if temporary {
		fmt.Fprintln(out, "Stopping: removing the containers and the temporary data directory.")
		return
	}
	fmt.Fprintf(out, "Stopping: the containers run on, and gantry dev --data-dir %s takes them over.\n", dir)
}
