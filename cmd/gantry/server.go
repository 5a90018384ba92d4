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
)

// serverOptions are the flags of gantry server.
type serverOptions struct {
	network
	logging      logging
	dataDir      string
	expect       int
	name         string
	zone, region string
}

func serverCommand() *cobra.Command { return new(serverOptions).command() }

func (o *serverOptions) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "server",
		Short: "Run one of the three or five servers that keep a cluster's state",
		Long: `Run one of the three or five servers that keep a cluster's state.

Servers find each other by gossip (--join) and form a cluster once as many are there as --bootstrap-expect says. One that starts on a new
data directory later joins the cluster that is there. Any of them takes any call.`,
		Example: `  gantry keygen > cluster.key
  gantry server --data-dir /var/lib/gantry --bind 10.0.0.1 --bootstrap-expect 3 --join 10.0.0.2,10.0.0.3 --secret-file cluster.key`,
	}
	o.logging.addFlags(cmd)
	o.addFlags(cmd)
	addConfigFlag(cmd)
	cmd.Flags().IntVar(&o.RaftPort, "raft-port", process.DefaultRaftPort, "port of raft")
	cmd.Flags().StringVar(&o.dataDir, "data-dir", "", "directory that keeps the server's state (required)")
	cmd.Flags().IntVar(&o.expect, "bootstrap-expect", 0, "how many servers form a new cluster: 1, 3 or 5; not needed to join one that is there")
	cmd.Flags().StringVar(&o.name, "name", "", "name for people (default: the host's)")
	cmd.Flags().StringVar(&o.zone, "zone", "", "availability zone of this machine")
	cmd.Flags().StringVar(&o.region, "region", "", "region of this machine")
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
		return errors.New("--data-dir is required: the directory that keeps the server's state")
	case o.expect < 0 || o.expect > 9 || o.expect > 0 && o.expect%2 == 0:
		return fmt.Errorf("--bootstrap-expect: %d is no number of servers to begin with; use 1, 3 or 5: an even one survives no more failures than the odd one below it", o.expect)
	case o.expect == 0 && len(o.Join) == 0:
		return errors.New("--bootstrap-expect is required where there is no --join: say how many servers form the new cluster")
	}
	return cmp.Or(o.logging.check(), o.network.check())
}

// slack is how many bytes the heap of a server may at least grow between two garbage collections. A
// small heap would otherwise be collected a hundred times a second while many calls come.
const slack = 64 << 20

// runServer runs until ctx ends or a part fails.
func runServer(ctx context.Context, o *serverOptions, log *slog.Logger, out io.Writer) error {
	unused := make([]byte, slack) // memory that is never touched is counted as heap, and costs none
	defer runtime.KeepAlive(unused)
	secret, err := o.secret()
	if err != nil {
		return err
	}
	s, err := process.NewServer(process.ServerConfig{
		DataDir: o.dataDir, Name: o.name, Zone: o.zone, Region: o.region, Version: version,
		Addresses: o.Addresses, Expect: o.expect, Secret: secret, Logger: log,
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

// secret reads the cluster's secret; nil with --insecure.
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

// announceServer says where the server listens, and when a leader stands.
func announceServer(ctx context.Context, s *process.Server, log *slog.Logger, out io.Writer) {
	fmt.Fprintf(out, "gantry server %s (%s) listens on %s\n", s.Name(), s.ID(), s.URL())
	if untilReady(ctx, s.Ready) {
		fmt.Fprintln(out, "a leader stands; calls are taken")
		report(log, "STATUS=a leader stands; calls are taken")
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
