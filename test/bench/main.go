// Command bench measures Gantry against the plain Docker API and Docker Swarm on this machine and
// prints each figure with its ratio. It needs the gantry binary (-gantry) and a Docker Engine of
// its own, which becomes a swarm for a while. It never fails because a machine is slow: the ratios
// are for people.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gantry-project/gantry/testutil/proxies"
)

func main() {
	proxies.Main()
	binary := flag.String("gantry", "bin/gantry", "the gantry binary")
	rounds := flag.Int("n", 20, "rounds of each single measurement")
	sim := flag.String("sim", "bin/gantry-sim", "the gantry-sim binary")
	only := flag.String("only", "", "measure these alone: scheduling, cluster, proxies, dns or scale, which need no engine, loss and traffic (which need root), tasks, agent, logs or services")
	flag.Parse()
	if at := os.Getenv(dnsChild); at != "" {
		fmt.Fprintln(os.Stderr, dnsServe(at))
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *binary, *sim, *rounds, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, binary, sim string, rounds int, only string) (err error) {
	alone := map[string]func() error{
		"scheduling": func() error { return errors.Join(placement(), million(ctx)) },
		"loss":       func() error { return loss(ctx, binary) },
		"traffic":    func() error { return traffic(ctx, binary) },
		"proxies":    func() error { return balancers(ctx) },
		"dns":        func() error { return dnsMeasures(ctx) },
		"cluster":    func() error { return clusterMeasures(ctx, binary, rounds) },
		"scale":      func() error { return scale(ctx, binary, sim) },
	}
	for _, kind := range []string{"scheduling", "loss", "traffic", "proxies", "dns", "cluster", "scale"} {
		if only == "" || only == kind {
			if err := alone[kind](); err != nil || only != "" {
				return err
			}
		}
	}
	b, err := newBench(ctx, binary)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := b.close(); err == nil {
			err = closeErr
		}
	}()
	fmt.Printf("Docker Engine %s, API %s; p50 of %d unless said otherwise\n\n", b.engineVersion, b.docker.ClientVersion(), rounds)
	measures := map[string][]func(context.Context, int) error{
		"tasks":    {b.startLatency, b.burst, b.killLatency, b.callLatency, b.chain},
		"agent":    {b.crowd},
		"logs":     {b.logs},
		"services": {b.services, b.replacement},
	}
	if measures[only] == nil && only != "" {
		return fmt.Errorf("-only %s: there are scheduling, cluster, proxies, dns, scale, loss, traffic, tasks, agent, logs and services", only)
	}
	for _, kind := range []string{"tasks", "agent", "logs", "services"} {
		if only != "" && only != kind {
			continue
		}
		for _, measure := range measures[kind] {
			if err := measure(ctx, rounds); err != nil {
				return err
			}
		}
	}
	fmt.Printf("\nload of the machine over the last 1, 5 and 15 minutes: %s (%d processors)\n", loadAverage(), runtime.NumCPU())
	return nil
}

// loadAverage returns how busy others keep the machine. On a loaded one, only ratios mean
// something.
func loadAverage() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(raw))[:3], ", ")
}

// p50 returns the median.
func p50(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[len(d)/2]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// compare prints a figure beside that of docker (the plain API) or swarm, and the goal for their
// ratio.
func compare(with, what string, gantry, theirs time.Duration, goal float64) {
	ratio := float64(gantry) / float64(theirs)
	fmt.Printf("%-56s gantry %10s   %-6s %10s   ratio %.2f   goal ≤ %.2f   %s\n",
		what, ms(gantry), with, ms(theirs), ratio, goal, verdict(ratio <= goal))
}

// absolute prints a figure that stands alone.
func absolute(what string, d, goal time.Duration) {
	fmt.Printf("%-56s gantry %10s   %-33s goal ≤ %s   %s\n", what, ms(d), "", ms(goal), verdict(d <= goal))
}

func verdict(ok bool) string {
	if ok {
		return "met"
	}
	return "MISSED"
}
