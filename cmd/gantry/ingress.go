package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/balancer"
	"github.com/gantry-project/gantry/balancer/accesslog"
)

// ingress holds the flags of gantry agent and gantry dev about the listeners of load balancers.
type ingress struct {
	on      bool
	address string
	log     string // file
	format  string
	grace   time.Duration
	// sockets is the directory where listening sockets are left for the next process; empty: they
	// are not.
	sockets string
}

func (o *ingress) addFlags(cmd *cobra.Command, address string, grace time.Duration) {
	f := cmd.Flags()
	f.BoolVar(&o.on, "ingress", true, "open the listeners of load balancers on this machine")
	f.StringVar(&o.address, "ingress-address", address, "IP `address` at which listeners of load balancers are opened; empty is all addresses of this machine")
	f.StringVar(&o.log, "access-log", "", "`file` that gets a line for each request to a load balancer; after it was moved away, SIGHUP begins a new one")
	f.StringVar(&o.format, "access-log-format", accesslog.FormatALB, "`format` of the access log: alb (as Application Load Balancers write it) or json")
	f.DurationVar(&o.grace, "ingress-grace", grace, "`time` that requests may take to end after the agent was told to stop, or their listener was deleted")
}

func (o *ingress) check() error {
	if _, err := netip.ParseAddr(o.address); o.address != "" && err != nil {
		return fmt.Errorf("--ingress-address: %q is not an IP address", o.address)
	}
	if err := accesslog.CheckFormat(o.format); err != nil {
		return fmt.Errorf("--access-log-format: %w", err)
	}
	if o.grace <= 0 {
		return fmt.Errorf("--ingress-grace: %v is not more than 0", o.grace)
	}
	return nil
}

// config returns what the agent's balancer needs, or nil without one. The access log is reopened on
// SIGHUP until ctx ends.
func (o *ingress) config(ctx context.Context, log *slog.Logger) (*balancer.Config, error) {
	if !o.on {
		return nil, nil
	}
	c := &balancer.Config{Address: o.address, Grace: o.grace}
	if o.sockets != "" {
		c.Sockets = openSockets(o.sockets, log)
	}
	if o.log == "" {
		return c, nil
	}
	lines, err := accesslog.Open(o.log, o.format, log)
	if err != nil {
		return nil, fmt.Errorf("--access-log: %w", err)
	}
	c.AccessLog = lines
	go reopen(ctx, lines, log)
	return c, nil
}

func reopen(ctx context.Context, lines *accesslog.Log, log *slog.Logger) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for {
		select {
		case <-hangups:
			if err := lines.Reopen(); err != nil {
				log.Error("the access log goes on in the file that was open", "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}
