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

func jobRunCommand() *cobra.Command {
	var wait bool
	var token string
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: "Make a job what a file says",
		Long: `Make a job what a file says, YAML or JSON; docs/jobs.md describes it. - reads the standard input. The same file again changes
nothing. It returns once the change is taken; --wait returns once all that the file wants is up, and fails with the reason when
the deployment fails, or as many tasks have failed as a circuit breaker would let.`,
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().BoolVarP(&wait, "wait", "w", false, "wait until the job is up, and show how it goes")
	cmd.Flags().DurationVar(&timeout, "timeout", 15*time.Minute, "how long to wait at most")
	cmd.Flags().StringVar(&token, "client-token", "", "of a batch job: the same file again with the same token is no second run, though the first has ended (for an hour)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		text, err := readFile(cmd, args[0])
		if err != nil {
			return err
		}
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.JobPut, error) {
			put, err := c.PutJob(ctx, text, token)
			if err != nil || !wait {
				return put, inFile(err, args[0])
			}
			printPut(cmd.ErrOrStderr(), put)
			ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("job %s is not up after %s; it goes on, and \"gantry job status %s\" shows how", put.Name, timeout, put.Name))
			defer cancel()
			return put, awaitJob(ctx, c, put, cmd.ErrOrStderr())
		}, func(w io.Writer, put structs.JobPut) {
			if !wait {
				printPut(w, put)
			}
		})
	}
	return cmd
}

func printPut(w io.Writer, p structs.JobPut) {
	if p.Result == structs.JobUnchanged {
		fmt.Fprintf(w, "Job %s in cluster %s is unchanged: version %d, task definition %s.\n", p.Name, p.Cluster, p.Version, p.TaskDefinition)
		return
	}
	fmt.Fprintf(w, "Job %s in cluster %s is %s: version %d, task definition %s, evaluation %s.\n",
		p.Name, p.Cluster, p.Result, p.Version, p.TaskDefinition, p.Evaluation)
	if p.Result == structs.JobUpdated {
		printChanges(w, p.Changes)
	}
}
