package main

import (
	"cmp"
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func taskCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "task", Short: "List tasks, read what they wrote, and run commands in them"}
	cmd.AddCommand(taskListCommand(), taskLogsCommand(), taskExecCommand())
	return cmd
}

func taskListCommand() *cobra.Command {
	var cluster string
	var all bool
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "List the tasks of a cluster, newest first",
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().StringVar(&cluster, "cluster", structs.DefaultCluster, "`name` of the cluster")
	cmd.Flags().BoolVarP(&all, "all", "a", false, "list stopped tasks too, with the reason")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.TaskList, error) {
			return c.Tasks(ctx, cluster, all)
		}, printTasks)
	}
	return cmd
}

func printTasks(w io.Writer, list structs.TaskList) {
	now := time.Now()
	rows := make([][]string, len(list.Tasks))
	for i, t := range list.Tasks {
		reason := cmp.Or(t.StoppedReason, "-")
		if t.Pull != nil && t.StoppedReason == "" {
			reason = t.Pull.String()
		}
		rows[i] = []string{
			t.ID, t.TaskDefinition, t.LastStatus.String(), t.DesiredStatus.String(), t.Group, t.Instance, cmp.Or(t.Address, "-"),
			age(now, t.CreatedAt.Std()), reason,
		}
	}
	table(w, []string{"TASK", "DEFINITION", "STATUS", "DESIRED", "GROUP", "INSTANCE", "ADDRESS", "AGE", "REASON"}, rows)
}
