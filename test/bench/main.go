// Command bench measures Gantry against the plain Docker API on this machine and prints each figure with its ratio.
// It needs a Docker Engine and the gantry binary (-gantry). Nothing here fails on a slow machine: ratios are for people.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"time"
)

func main() {
	binary := flag.String("gantry", "bin/gantry", "the gantry binary")
	rounds := flag.Int("n", 20, "rounds of each single measurement")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *binary, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, binary string, rounds int) (err error) {
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
	for _, network := range []string{"bridge", "host"} {
		if err := b.startLatency(ctx, network, rounds); err != nil {
			return err
		}
	}
	for _, measure := range []func(context.Context, int) error{b.burst, b.killLatency, b.callLatency} {
		if err := measure(ctx, rounds); err != nil {
			return err
		}
	}
	return nil
}

// p50 is the median.
func p50(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[len(d)/2]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// compare prints a figure beside the plain Docker API's, and the goal for their ratio.
func compare(what string, gantry, plain time.Duration, goal float64) {
	ratio := float64(gantry) / float64(plain)
	fmt.Printf("%-52s gantry %10s   docker %10s   ratio %.2f   goal ≤ %.2f   %s\n", what, ms(gantry), ms(plain), ratio, goal, verdict(ratio <= goal))
}

// absolute prints a figure that stands alone.
func absolute(what string, d, goal time.Duration) {
	fmt.Printf("%-52s gantry %10s   %-44s goal ≤ %s   %s\n", what, ms(d), "", ms(goal), verdict(d <= goal))
}

func verdict(ok bool) string {
	if ok {
		return "met"
	}
	return "MISSED"
}
