package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/process"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
)

// serverOptions holds the flags of gantry server.
type serverOptions struct {
	network
	logging      logging
	dataDir      string
	expect       int
	name         string
	zone, region string
	tasks        taskNetwork
	fargate      structs.FargateSizes
	ingress      structs.Ingress
	acme         acmeOptions
}

func serverCommand() *cobra.Command { return new(serverOptions).command() }

func (o *serverOptions) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "server",
		Short: "Run a server, which keeps the cluster's state and schedules its tasks",
		Long: `Run a server. A cluster has one, three or five, which keep its state and schedule its tasks.

Servers find each other by gossip (--join), and form a new cluster once --bootstrap-expect of them
are up. A server that starts later with an empty data directory joins the existing cluster. Any
server takes any call.`,
		Example: `  gantry keygen > cluster.key
  gantry server --data-dir /var/lib/gantry --bind 10.0.0.1 --join 10.0.0.2,10.0.0.3 \
    --bootstrap-expect 3 --secret-file cluster.key`,
	}
	o.logging.addFlags(cmd)
	o.addFlags(cmd)
	addConfigFlag(cmd)
	cmd.Flags().IntVar(&o.RaftPort, "raft-port", process.DefaultRaftPort, "`port` of raft, TCP")
	cmd.Flags().StringVar(&o.dataDir, "data-dir", "", "`directory` for the server's state (required)")
	cmd.Flags().IntVar(&o.expect, "bootstrap-expect", 0, "`number` of servers that form a new cluster: 1, 3 or 5; not needed to join an existing cluster")
	cmd.Flags().StringVar(&o.name, "name", "", "`name` shown in lists and logs (default: the host name)")
	cmd.Flags().StringVar(&o.zone, "zone", "", "availability `zone` of this machine")
	cmd.Flags().StringVar(&o.region, "region", "", "`region` of this machine")
	o.tasks.addFlags(cmd)
	addFargateFlag(cmd, &o.fargate)
	addIngressFlags(cmd, &o.ingress, "default: 80 and 443")
	o.acme.addFlags(cmd)
	cmd.AddCommand(serverRaftCommand(), serverLeaveCommand(), serverRecoverCommand())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.check(); err != nil {
			return err
		}
		log := o.logging.logger()
		go o.logging.follow(cmd.Context(), cmd, log)
		return runServer(cmd.Context(), o, log, cmd.OutOrStdout())
	}
	return cmd
}

func (o *serverOptions) check() error {
	switch {
	case o.dataDir == "":
		return errors.New("--data-dir is required: the directory for the server's state")
	case o.expect < 0 || o.expect > 9 || o.expect > 0 && o.expect%2 == 0:
		return fmt.Errorf("--bootstrap-expect: %d is not supported: use 1, 3 or 5 (an even number of servers survives no more failures than "+
			"the odd number below it)", o.expect)
	case o.expect == 0 && len(o.Join) == 0:
		return errors.New("--bootstrap-expect is required without --join: give the number of servers that form the new cluster")
	}
	_, err := o.tasks.network(o.Bind, o.Advertise)
	_, acmeErr := o.acme.settings()
	return cmp.Or(o.logging.check(), o.network.check(), checkIngress(&o.ingress), err, acmeErr)
}

// addFargateFlag adds the flag that turns ECS's table of sizes off.
func addFargateFlag(cmd *cobra.Command, sizes *structs.FargateSizes) {
	cmd.Flags().BoolVar(&sizes.Any, "fargate-any-size", false,
		"let FARGATE tasks have any cpu and memory, not only the sizes that AWS offers; give it to all servers")
}

// slack is the least that the heap of a server may grow between two garbage collections, in bytes.
// A small heap would otherwise be collected a hundred times a second under many calls.
const slack = 64 << 20

// runServer runs a server until ctx ends, it leaves the cluster, or a part of it fails.
func runServer(ctx context.Context, o *serverOptions, log *slog.Logger, out io.Writer) error {
	unused := make([]byte, slack) // memory that is never touched counts as heap, but takes up none
	defer runtime.KeepAlive(unused)
	secret, err := o.secret()
	if err != nil {
		return err
	}
	tasks, err := o.tasks.network()
	if err != nil {
		return err
	}
	acme, err := o.acme.settings()
	if err != nil {
		return err
	}
	s, err := process.NewServer(process.ServerConfig{
		DataDir: o.dataDir, Name: o.name, Zone: o.zone, Region: o.region, Version: version,
		Addresses: o.Addresses, Expect: o.expect, Secret: secret, TaskNetwork: tasks, Fargate: o.fargate, Ingress: o.ingress, ACME: acme, Logger: log,
	})
	if err != nil {
		return portTaken(err, o.RaftPort, "--http-port")
	}
	s.Start()
	report(log, "READY=1\nSTATUS=waiting for a leader")
	go announceServer(ctx, s, log, out)
	select {
	case <-ctx.Done():
	case <-s.Done():
		if s.Err() == nil {
			fmt.Fprintf(out, "gantry server %s has left the cluster\n", s.Name())
		}
	}
	if !s.Broken() {
		report(log, "STOPPING=1")
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopWait)
	defer cancel()
	return s.Stop(ctx)
}

// secret returns the cluster's secret, or nil with --insecure.
func (o *serverOptions) secret() (*security.Secret, error) {
	if o.insecure {
		return nil, nil
	}
	s, err := security.ReadSecret(o.secretFile)
	if err != nil {
		return nil, fmt.Errorf("--secret-file: %w", err)
	}
	return &s, nil
}

// announceServer prints where the server listens, and when it takes calls.
func announceServer(ctx context.Context, s *process.Server, log *slog.Logger, out io.Writer) {
	fmt.Fprintf(out, "gantry server %s (%s) listens on %s\n", s.Name(), s.ID(), s.URL())
	if untilReady(ctx, s.Ready) {
		fmt.Fprintln(out, "the cluster has a leader; the server takes calls")
		report(log, "STATUS=the cluster has a leader; the server takes calls")
	}
}

// untilReady waits until ready returns nil, and reports false if ctx ended first.
func untilReady(ctx context.Context, ready func() error) bool {
	for ready() != nil {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
	return true
}
