package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func jobStopCommand() *cobra.Command {
	var cluster string
	cmd := &cobra.Command{
		Use:   "stop NAME",
		Short: "Stop a job and its tasks",
		Long: `Stop a job and its tasks. A service or daemon is deleted as with DeleteService --force; its name is
free again once its last task has stopped. NAME is the job's name, or for a batch job also its id.`,
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().StringVar(&cluster, "cluster", structs.DefaultCluster, "`name` of the job's cluster")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.Job, error) {
			job, err := c.StopJob(ctx, cluster, args[0])
			return job, noSuchJob(err)
		}, func(w io.Writer, job structs.Job) {
			switch job.Status {
			case structs.ServiceInactive, structs.BatchSucceeded, structs.BatchFailed:
				fmt.Fprintf(w, "%s has already ended: %s.\n", jobTitle(&job), job.Status)
			case structs.BatchStopped:
				fmt.Fprintf(w, "%s is stopped.\n", jobTitle(&job))
			default:
				fmt.Fprintf(w, "%s is being stopped.\n", jobTitle(&job))
			}
		})
	}
	return cmd
}
