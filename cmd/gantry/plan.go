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

// exitUnplaced is the exit status of a plan that leaves tasks without a place.
const exitUnplaced exitStatus = 2

func planCommand() *cobra.Command {
	scenario := structs.Scenario{}
	var add structs.AddedInstances
	var attributes []string
	var file string
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Say what would happen if instances drained, were lost or added, or a job file were run; nothing happens",
		Long: `Say what would happen, without doing it: which tasks would move where, which would stop, and which would find no place
and why. The cluster's own scheduler decides, on a copy of its state, with every agent doing at once what it is asked.

  gantry plan --lose-zone a                        what if zone a dies?
  gantry plan --lose-zone a --add 2 --like host-7  would two more machines like host-7 be enough?
  gantry plan --drain host-3 -o json               what would draining host-3 move?
  gantry plan --job web.yaml --lose-zone b         is there room for the job, even without zone b?

The exit status is 0 when every task has a place, 2 when a task would be left without one (also where it has none today), and 1
when there is no answer.`,
	}
	r := addRemoteFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&scenario.Cluster, "cluster", "", "cluster to plan for (default that of --job, or \"default\")")
	flags.StringSliceVar(&scenario.Drain, "drain", nil, "container instance (id or name) that drains; may be repeated")
	flags.StringSliceVar(&scenario.Lose, "lose", nil, "container instance (id or name) that is lost; may be repeated")
	flags.StringSliceVar(&scenario.LoseZones, "lose-zone", nil, "zone of which every instance is lost; may be repeated")
	flags.StringVar(&file, "job", "", "job file that is run, - for the standard input; docs/jobs.md")
	flags.IntVar(&add.Count, "add", 0, "how many container instances join")
	flags.StringVar(&add.Like, "like", "", "container instance (id or name) that those of --add are like")
	flags.StringVar(&add.Zone, "zone", "", "zone of those of --add")
	flags.Int64Var(&add.CPU, "cpu", 0, "CPU units of each of --add, 1024 to a core")
	flags.Int64Var(&add.Memory, "memory", 0, "MiB of memory of each of --add")
	flags.StringSliceVar(&attributes, "attribute", nil, "attribute NAME=VALUE of those of --add; may be repeated")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		for _, text := range attributes {
			name, value, _ := strings.Cut(text, "=")
			add.Attributes = append(add.Attributes, structs.Attribute{Name: name, Value: value})
		}
		for _, flag := range []string{"like", "zone", "cpu", "memory", "attribute"} {
			if config.Typed(flags, flag) && !flags.Changed("add") {
				return fmt.Errorf("--%s says what instances that join are like: give their number with --add", flag)
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

// showPlan prints a simulation, and fails with exitUnplaced where it leaves tasks without a place.
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
