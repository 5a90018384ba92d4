// Command gantry-sim runs thousands of container instances in one process, to test servers with.
// Each is the real agent with its own certificate, connections to servers and gossip member. Only
// their containers are simulated.
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
	debug.SetGCPercent(800)      // memory is cheaper here than processor time
	if err := command().ExecuteContext(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "gantry-sim: %v\n", err)
		os.Exit(1)
	}
}

// options holds the flags.
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
		Short: "Run thousands of simulated container instances in one process, to test servers with",
		Long: `Run thousands of simulated container instances in one process, to test servers with.

Each is the real agent, with its own certificate, connections and gossip member. Only its containers
are simulated: they start after --start-delay, and fail and exit at random. On SIGTERM all agents leave
the cluster, and the process ends.`,
		Example: `  gantry-sim --agents 2000 --zones 3 --bind 127.0.0.1 --join 127.0.0.2,127.0.0.3,127.0.0.4 \
    --secret-file cluster.key`,
		Args:         cobra.NoArgs,
		SilenceUsage: true, SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error { return simulate(cmd.Context(), &o, cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	f.IntVar(&o.agents, "agents", 100, "`number` of container instances")
	f.IntVar(&o.zones, "zones", 3, "`number` of availability zones that they are in, in turn: a, b, c, …")
	f.IntVar(&o.ramp, "ramp", 32, "`number` of instances that register at a time")
	f.StringVar(&o.bind, "bind", "127.0.0.1", "`IP` address of the gossip of all agents")
	f.IntVar(&o.firstPort, "first-port", 20000, "gossip `port` of the first agent; the others use the ports after it")
	f.StringSliceVar(&o.join, "join", nil, "`addresses` of servers to find the cluster by, each HOST or HOST:GOSSIP-PORT, separated by commas (required)")
	f.IntVar(&o.httpPort, "http-port", 5747, "`port` of the APIs on servers, TCP")
	f.IntVar(&o.gossipPort, "gossip-port", 5749, "`port` of gossip on servers, TCP and UDP")
	f.StringVar(&o.secretFile, "secret-file", "", "`file` with the cluster's secret, or the agents' part of it")
	f.BoolVar(&o.insecure, "insecure", false, "run without TLS and encrypted gossip, as the servers do")
	f.StringVar(&o.cluster, "cluster", structs.DefaultCluster, "`name` of the cluster that the instances join")
	f.StringVar(&o.dataDir, "data-dir", "", "`directory` for the identities of the instances (default: a temporary one, so that each run has new instances)")
	f.IntVar(&o.cpus, "cpu", 64, "`cores` of each instance")
	f.Int64Var(&o.memory, "memory", 256<<10, "memory of each instance, in `MiB`")
	f.DurationVar(&o.startDelay, "start-delay", 50*time.Millisecond, "time that a container takes to start")
	f.Float64Var(&o.startFailureRate, "start-failure-rate", 0, "`share` of starts that fail, from 0 to 1")
	f.Float64Var(&o.exitRate, "exit-rate", 0, "`share` of running containers that exit by themselves each minute: 0.01 is one in a hundred")
	f.DurationVar(&o.report, "report", 5*time.Second, "time between two reports")
	f.StringVar(&o.logLevel, "log-level", "error", "`level` at which agents log: debug, info, warn or error")
	return cmd
}

func (o *options) check() error {
	ip, err := netip.ParseAddr(o.bind)
	switch {
	case o.agents < 1:
		return fmt.Errorf("--agents: %d is too small: give 1 or more", o.agents)
	case o.zones < 1 || o.zones > 26:
		return fmt.Errorf("--zones: %d is not between 1 and 26", o.zones)
	case o.ramp < 1:
		return fmt.Errorf("--ramp: %d is too small: give 1 or more", o.ramp)
	case err != nil:
		return fmt.Errorf("--bind: %q is not an IP address", o.bind)
	case o.firstPort < 1 || o.firstPort+o.agents > 1<<16:
		return fmt.Errorf("--first-port: there are fewer than %d ports from %d on", o.agents, o.firstPort)
	case len(o.join) == 0:
		return errors.New("--join is required: give the address of at least one server")
	case o.insecure && !ip.IsLoopback():
		return fmt.Errorf("--bind: %s is not a loopback address, and --insecure is allowed on those only", o.bind)
	case o.insecure == (o.secretFile != ""):
		return errors.New("give either --secret-file or --insecure, the same as on the servers")
	case o.startFailureRate < 0 || o.startFailureRate > 1:
		return fmt.Errorf("--start-failure-rate: %g is not between 0 and 1", o.startFailureRate)
	case o.exitRate < 0:
		return fmt.Errorf("--exit-rate: %g is negative: give 0 or more", o.exitRate)
	case o.report <= 0:
		return fmt.Errorf("--report: %s is too short: give more than 0s", o.report)
	}
	return nil
}

// hosts returns the hosts of --join, without ports.
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

// gossipAddresses returns the addresses of --join, with ports.
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

// key returns the agents' part of the secret, or nil with --insecure.
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
