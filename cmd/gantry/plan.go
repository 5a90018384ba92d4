package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/config"
	"github.com/gantry-project/gantry/structs"
)

// exitUnplaced is the exit status of a plan in which tasks find no place.
const exitUnplaced exitStatus = 2

func planCommand() *cobra.Command {
	scenario := structs.Scenario{}
	var add structs.AddedInstances
	var attributes []string
	var file string
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what would happen if instances were drained, lost or added, or a job were run",
		Long: `Show what would happen, without doing it: which tasks would move where, which would stop, and which
would find no place and why. The cluster's own scheduler decides, on a copy of its state, as if every
agent did at once what it is told.

The exit status is 0 if every task has a place, 2 if a task would have none (even if it has none
today), and 1 on an error.`,
		Example: `  gantry plan --lose-zone a                        What if zone a fails?
  gantry plan --lose-zone a --add 2 --like host-7  Would two more machines like host-7 be enough?
  gantry plan --drain host-3 -o json               What would draining host-3 move?
  gantry plan --job web.yaml --lose-zone b         Is there room for the job, even without zone b?`,
	}
	r := addRemoteFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&scenario.Cluster, "cluster", "", "`name` of the cluster (default: that of --job, or \"default\")")
	flags.StringSliceVar(&scenario.Drain, "drain", nil, "container `instance` to drain, by id or name; may be repeated")
	flags.StringSliceVar(&scenario.Lose, "lose", nil, "container `instance` to lose, by id or name; may be repeated")
	flags.StringSliceVar(&scenario.LoseZones, "lose-zone", nil, "availability `zone` to lose with all its instances; may be repeated")
	flags.StringVar(&file, "job", "", "job `file` to run (docs/jobs.md), or - for standard input")
	flags.IntVar(&add.Count, "add", 0, "`number` of container instances to add")
	flags.StringVar(&add.Like, "like", "", "container `instance` that those of --add are copies of, by id or name")
	flags.StringVar(&add.Zone, "zone", "", "availability `zone` of those of --add")
	flags.Int64Var(&add.CPU, "cpu", 0, "CPU `units` of each of --add, 1024 to a core")
	flags.Int64Var(&add.Memory, "memory", 0, "memory of each of --add, in `MiB`")
	flags.StringSliceVar(&attributes, "attribute", nil, "attribute of those of --add, as `NAME=VALUE`; may be repeated")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		for _, text := range attributes {
			name, value, _ := strings.Cut(text, "=")
			add.Attributes = append(add.Attributes, structs.Attribute{Name: name, Value: value})
		}
		for _, flag := range []string{"like", "zone", "cpu", "memory", "attribute"} {
			if config.Typed(flags, flag) && !flags.Changed("add") {
				return fmt.Errorf("--%s describes instances to add: give their number with --add", flag)
			}
		}
		if flags.Changed("add") {
			scenario.Add = []structs.AddedInstances{add}
		}
		if file != "" {
			text, err := readFile(cmd, file)
			if err == nil {
				scenario.Job, err = json.Marshal(string(text))
			}
			if err != nil {
				return err
			}
		}
		return showPlan(cmd, r, func(ctx context.Context, c *client.Client) (structs.Simulation, error) {
			return c.Simulate(ctx, scenario)
		})
	}
	return cmd
}

// showPlan prints a simulation, and fails with exitUnplaced if tasks find no place in it.
func showPlan(cmd *cobra.Command, r *remote, simulate func(context.Context, *client.Client) (structs.Simulation, error)) error {
	var out structs.Simulation
	ask := func(ctx context.Context, c *client.Client) (structs.Simulation, error) {
		var err error
		out, err = simulate(ctx, c)
		return out, err
	}
	if err := show(cmd, r, ask, printSimulation); err != nil {
		return err
	}
	if out.Total.Unplaced > 0 {
		return exitUnplaced
	}
	return nil
}
