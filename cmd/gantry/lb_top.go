package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func lbTopCommand() *cobra.Command {
	var every time.Duration
	var times int
	cmd := &cobra.Command{
		Use:   "top",
		Short: "Watch requests, errors and latencies of listeners and targets",
		Long: `Watch requests, errors and latencies of listeners, target groups and targets, as all ingress instances
together count them. Each table is about the time since the one before.`,
		Args: cobra.NoArgs,
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().DurationVar(&every, "interval", 2*time.Second, "time between two tables")
	cmd.Flags().IntVarP(&times, "times", "n", 0, "`number` of tables (default: until you stop it)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if every < 100*time.Millisecond {
			return errors.New("--interval: give at least 100ms")
		}
		return talk(cmd, r, func(ctx context.Context, c *client.Client) error {
			before, err := c.TrafficStats(ctx)
			for n := 0; err == nil && (times == 0 || n < times); n++ {
				select {
				case <-ctx.Done():
					return nil
				case <-time.After(every):
				}
				var now structs.TrafficStatsList
				if now, err = c.TrafficStats(ctx); err == nil {
					printTop(cmd.OutOrStdout(), before, now)
					before = now
				}
			}
			return err
		})
	}
	return cmd
}

// topRow is one line of the table: a listener, a target group, or a target.
type topRow struct {
	name, state string
	counts      structs.TrafficCounts
}

// topRows adds up what the ingress instances counted, by what it is about. The keys are in the
// order in which rows are shown.
func topRows(list structs.TrafficStatsList) map[string]*topRow {
	rows := map[string]*topRow{}
	add := func(key, name, state string, counts structs.TrafficCounts) {
		row := rows[key]
		if row == nil {
			row = &topRow{name: name, state: state}
			rows[key] = row
		}
		if state != structs.TargetHealthy && state != "" {
			row.state = state
		}
		row.counts.Add(counts)
	}
	for _, i := range list.Instances {
		for _, l := range i.Listeners {
			add("1 "+l.LoadBalancer+fmt.Sprintf("%06d", l.Port), fmt.Sprintf("%s %s:%d", l.LoadBalancer, l.Protocol, l.Port), l.Problem, l.Counts)
		}
		for _, g := range i.Groups {
			add("2 "+g.Name, g.Name, "", g.Counts)
			for _, t := range g.Targets {
				at := t.Address + ":" + strconv.Itoa(int(t.Port))
				add("2 "+g.Name+" "+at, "  "+at, t.State, t.Counts)
			}
		}
	}
	return rows
}

func printTop(w io.Writer, before, now structs.TrafficStatsList) {
	if len(now.Instances) == 0 {
		fmt.Fprintln(w, "No ingress instance answers: requests are taken by agents with --ingress, which is the default.")
	}
	seconds := 1.0
	if len(before.Instances) > 0 && len(now.Instances) > 0 {
		seconds = max(0.001, float64(now.Instances[0].At-before.Instances[0].At)/1000)
	}
	was, is := topRows(before), topRows(now)
	var rows [][]string
	for _, key := range slices.Sorted(maps.Keys(is)) {
		row := is[key]
		if earlier := was[key]; earlier != nil {
			row.counts.Since(earlier.counts)
		}
		c := row.counts
		rows = append(rows, []string{
			row.name, row.state, fmt.Sprintf("%.1f", float64(c.Requests)/seconds), strconv.FormatUint(c.Status4xx, 10), strconv.FormatUint(c.Status5xx+c.Errors, 10),
			latencyText(&c, 0.5), latencyText(&c, 0.99), strconv.FormatInt(c.Open, 10), bytesText(float64(c.BytesOut) / seconds),
		})
	}
	if len(rows) > 0 {
		table(w, []string{"", "STATE", "REQ/S", "4XX", "5XX+ERRORS", "P50", "P99", "OPEN", "OUT/S"}, rows)
	}
	for _, id := range slices.Sorted(maps.Keys(now.Missing)) {
		fmt.Fprintf(w, "ingress instance %s is not counted: %s\n", id, now.Missing[id])
	}
	fmt.Fprintln(w)
}

func latencyText(c *structs.TrafficCounts, q float64) string {
	s := c.Quantile(q)
	if s == 0 {
		return "-"
	}
	return time.Duration(s * float64(time.Second)).Round(100 * time.Microsecond).String()
}

func bytesText(n float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if n < 1000 || unit == "GB" {
			return fmt.Sprintf("%.0f %s", n, unit)
		}
		n /= 1000
	}
	return ""
}
