package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func evalCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "eval",
		Short: "List and explain the scheduler's decisions",
	}
	cmd.AddCommand(evalListCommand(), evalExplainCommand())
	return cmd
}

func evalListCommand() *cobra.Command {
	var filter client.EvaluationFilter
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "List evaluations, newest first",
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().StringVar(&filter.Cluster, "cluster", "", "list only those of the cluster with this `name`")
	cmd.Flags().StringVar(&filter.Job, "job", "", "list only those of the job with this `id`")
	cmd.Flags().IntVarP(&filter.Limit, "limit", "n", 20, "`number` of evaluations at most")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if filter.Limit < 1 {
			return fmt.Errorf("--limit: %d is too small: give 1 or more", filter.Limit)
		}
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.EvaluationList, error) {
			return c.Evaluations(ctx, filter)
		}, printEvaluations)
	}
	return cmd
}

func printEvaluations(w io.Writer, list structs.EvaluationList) {
	now := time.Now()
	rows := make([][]string, len(list.Evaluations))
	for i, e := range list.Evaluations {
		rows[i] = []string{e.ID, e.Status, strconv.Itoa(e.Unplaced), string(e.Because), e.Cluster, e.Job, age(now, e.CreatedAt.Std())}
	}
	table(w, []string{"EVALUATION", "STATUS", "UNPLACED", "BECAUSE", "CLUSTER", "JOB", "AGE"}, rows)
}
