// Command gantry-sim is thousands of container instances in one process, to try servers with: each
// has the real agent with its own certificate, connections to servers and member of gossip. Their
// containers alone are not real.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
)

// version is set by the build (-X main.version=…).
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	debug.SetGCPercent(800)      // memory is there to be had, processors are not
	if err := command().ExecuteContext(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "gantry-sim: %v\n", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	agents, zones, ramp             int
	bind                            string
	httpPort, gossipPort, firstPort int
	join                            []string
	secretFile                      string
	insecure                        bool
	dataDir, cluster, logLevel      string
	cpus                            int
	memory                          int64
	startDelay, report              time.Duration
	startFailureRate, exitRate      float64
}

func command() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "gantry-sim",
		Short: "Thousands of simulated container instances in one process, to try servers with",
		Long: `Thousands of simulated container instances in one process, to try servers with.

Each is the real agent, with a certificate, connections and a member of gossip of its own; only its containers are not real: they start
after --start-delay, and fail and end by chance. SIGTERM ends it: all agents say goodbye.`,
		Example:      `  gantry-sim --agents 2000 --zones 3 --bind 127.0.0.1 --join 127.0.0.2,127.0.0.3,127.0.0.4 --secret-file cluster.key`,
		Args:         cobra.NoArgs,
		SilenceUsage: true, SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error { return simulate(cmd.Context(), &o, cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	f.IntVar(&o.agents, "agents", 100, "how many container instances")
	f.IntVar(&o.zones, "zones", 3, "how many availability zones they are in, in turn: a, b, c, …")
	f.IntVar(&o.ramp, "ramp", 32, "how many register at a time")
	f.StringVar(&o.bind, "bind", "127.0.0.1", "IP address of all agents' gossip")
	f.IntVar(&o.firstPort, "first-port", 20000, "gossip port of the first agent; the others have those that follow")
	f.StringSliceVar(&o.join, "join", nil, "addresses of servers to find the others by, HOST or HOST:GOSSIP-PORT (required)")
	f.IntVar(&o.httpPort, "http-port", 5747, "port of the APIs on servers")
	f.IntVar(&o.gossipPort, "gossip-port", 5749, "port of gossip on servers, udp and tcp")
	f.StringVar(&o.secretFile, "secret-file", "", "file with the agents' key (gantry keygen --agent-from) or the cluster's secret")
	f.BoolVar(&o.insecure, "insecure", false, "no TLS and gossip in the clear, as the servers'")
	f.StringVar(&o.cluster, "cluster", structs.DefaultCluster, "cluster that the instances join")
	f.StringVar(&o.dataDir, "data-dir", "", "directory that keeps who the instances are (default: a temporary one; the next run is of new ones)")
	f.IntVar(&o.cpus, "cpu", 64, "cores of an instance")
	f.Int64Var(&o.memory, "memory", 256<<10, "memory of an instance, in MiB")
	f.DurationVar(&o.startDelay, "start-delay", 50*time.Millisecond, "how long a container takes to start")
	f.Float64Var(&o.startFailureRate, "start-failure-rate", 0, "how many of the starts fail, 0 to 1")
	f.Float64Var(&o.exitRate, "exit-rate", 0, "how many of the running containers end by themselves in a minute: 0.01 is one in a hundred")
	f.DurationVar(&o.report, "report", 5*time.Second, "how often to say how things are")
	f.StringVar(&o.logLevel, "log-level", "error", "how much of the agents' logs to show: debug, info, warn or error")
	return cmd
}

func (o *options) check() error {
	ip, err := netip.ParseAddr(o.bind)
	switch {
	case o.agents < 1:
		return fmt.Errorf("--agents: %d are no agents; give 1 or more", o.agents)
	case o.zones < 1 || o.zones > 26:
		return fmt.Errorf("--zones: %d is not from 1 to 26", o.zones)
	case o.ramp < 1:
		return fmt.Errorf("--ramp: %d lets none register; give 1 or more", o.ramp)
	case err != nil:
		return fmt.Errorf("--bind: %q is not an IP address", o.bind)
	case o.firstPort < 1 || o.firstPort+o.agents > 1<<16:
		return fmt.Errorf("--first-port: there are not %d ports from %d on", o.agents, o.firstPort)
	case len(o.join) == 0:
		return errors.New("--join is required: the addresses of one or more servers")
	case o.insecure && !ip.IsLoopback():
		return fmt.Errorf("--bind: %s is not a loopback address; --insecure is for those alone", o.bind)
	case o.insecure == (o.secretFile != ""):
		return errors.New("give either --secret-file or --insecure, as the servers have it")
	case o.startFailureRate < 0 || o.startFailureRate > 1:
		return fmt.Errorf("--start-failure-rate: %g is not from 0 to 1", o.startFailureRate)
	case o.exitRate < 0:
		return fmt.Errorf("--exit-rate: %g is less than none", o.exitRate)
	case o.report <= 0:
		return fmt.Errorf("--report: %s is no time between two reports", o.report)
	}
	return nil
}

// hosts are those to join by, without ports.
func (o *options) hosts() (hosts []string) {
	for _, address := range o.join {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			host = address
		}
		hosts = append(hosts, host)
	}
	return hosts
}

// gossipAddresses are those to join by, with ports.
func (o *options) gossipAddresses() (all []string) {
	for _, address := range o.join {
		if _, _, err := net.SplitHostPort(address); err != nil {
			address = net.JoinHostPort(address, strconv.Itoa(o.gossipPort))
		}
		all = append(all, address)
	}
	return all
}

func (o *options) logger() (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.logLevel)); err != nil {
		return nil, fmt.Errorf("--log-level: %q is not one of debug, info, warn, error", o.logLevel)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})), nil
}

// key reads the agents' key; nil with --insecure.
func (o *options) key() (*security.AgentKey, error) {
	if o.insecure {
		return nil, nil
	}
	key, err := security.ReadAgentKey(o.secretFile)
	if err != nil {
		return nil, fmt.Errorf("--secret-file: %w", err)
	}
	return &key, nil
}
