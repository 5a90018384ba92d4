package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func evalExplainCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain ID",
		Short: "Explain why tasks found no place, and what would let them run",
		Long: `Explain why tasks found no place: how many instances each rule excluded, which ones came closest, and
the smallest change that would let one more task run. "gantry eval ls" lists evaluations, newest
first.`,
	}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		names := map[string]string{} // of instances, by id
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.Evaluation, error) {
			eval, err := c.Evaluation(ctx, args[0])
			if structs.KindOf(err) == structs.KindResourceNotFound {
				return eval, fmt.Errorf(`%w: "gantry eval ls" lists evaluations; they are deleted together with their job, `+
					`an hour after its last task stopped`, err)
			}
			if err != nil || r.output == outputJSON {
				return eval, err
			}
			list, err := c.Instances(ctx, eval.Cluster)
			for _, i := range list.Instances {
				names[i.ID] = i.Name
			}
			return eval, err
		}, func(w io.Writer, eval structs.Evaluation) { explain(w, eval, names, time.Now()) })
	}
	return cmd
}

// explain prints an evaluation.
func explain(w io.Writer, eval structs.Evaluation, names map[string]string, now time.Time) {
	fmt.Fprintf(w, "Evaluation %s of job %s in cluster %s\n%s ago, because %s: %s\n",
		eval.ID, eval.Job, eval.Cluster, age(now, eval.CreatedAt.Std()), eval.Because, verdict(eval, now))
	if eval.Unplaced == 0 {
		return
	}
	explainUnplaced(w, eval.Filtered, eval.Failures, eval.Remedy, names)
}

// explainUnplaced prints why tasks found no place.
func explainUnplaced(w io.Writer, filtered []structs.FilterCount, failures []structs.PlacementFailure, remedy string, names map[string]string) {
	if len(filtered) > 0 {
		fmt.Fprintln(w, "\nWhat ruled instances out (the first rule that each does not satisfy):")
		rows := make([][]string, len(filtered))
		for n, f := range filtered {
			rows[n] = []string{"  " + structs.Counted(f.Instances, "instance"), f.Reason, reasonText(f.Reason)}
		}
		table(w, nil, rows)
	}
	if len(failures) > 0 {
		fmt.Fprintln(w, "\nThe closest:")
		rows := make([][]string, len(failures))
		for n, f := range failures {
			rows[n] = []string{"  " + instanceName(f.Instance, names), f.Reason, f.Detail}
			if f.Detail == "" {
				rows[n][2] = reasonText(f.Reason)
			}
		}
		table(w, nil, rows)
	}
	if remedy != "" {
		fmt.Fprintf(w, "\nWhat would let one more task run:\n  %s\n", remedy)
	}
}

// verdict returns the outcome of an evaluation in words.
func verdict(eval structs.Evaluation, now time.Time) string {
	switch {
	case eval.Status == structs.EvaluationReady && eval.WaitUntil > structs.TimeOf(now):
		return "to be decided in " + eval.WaitUntil.Std().Sub(now).Round(time.Second).String()
	case eval.Status == structs.EvaluationReady:
		return "not decided yet"
	case eval.Unplaced == 0:
		return "every task has a place"
	case eval.Status == structs.EvaluationBlocked:
		return structs.Counted(eval.Unplaced, "task") + " found no place; they start by themselves once there is room"
	default:
		return structs.Counted(eval.Unplaced, "task") + " found no place"
	}
}

// reasonText explains one of ECS's reasons; empty for an unknown one.
func reasonText(reason string) string {
	switch reason {
	case structs.FailCPU:
		return "not enough CPU is left"
	case structs.FailMemory:
		return "not enough memory is left"
	case structs.FailGPU:
		return "not enough GPUs are left"
	case structs.FailPorts:
		return "a fixed host port is taken"
	case structs.FailAgent:
		return "the agent is not connected"
	case structs.FailRuntime:
		return "its container engine does not answer"
	case structs.FailUnstable:
		return "it was lost again and again, and takes no work for a while"
	case structs.FailAttribute:
		return "an attribute that the task needs is missing"
	case structs.FailMemberOf:
		return "a memberOf constraint does not select it"
	case structs.FailDistinct:
		return "it already has a task of this group, and distinctInstance allows only one"
	case structs.FailInactive:
		return "it is not ACTIVE: draining, or deregistered"
	case structs.FailMissing:
		return "it does not exist"
	case structs.FailProvider:
		return "it does not belong to the task's capacity provider"
	case structs.FailScheduler:
		return "the job's own scheduler declined"
	case structs.FailNoInstance:
		return "the cluster has no container instance"
	}
	return ""
}

func instanceName(id string, names map[string]string) string {
	switch name := names[id]; {
	case id == "":
		return "-"
	case name == "":
		return id
	default:
		return name + " (" + id + ")"
	}
}
