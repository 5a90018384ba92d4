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
		Short: "Create or update a job from a file",
		Long: `Create a job from a file, or update it to match the file. The file is YAML or JSON (docs/jobs.md
describes it); FILE - is standard input. Running the same file again changes nothing.

The command returns once the change is accepted. With --wait it returns once everything in the file is
up. It then fails, with the reason, if the deployment fails, or if as many tasks fail as a circuit
breaker would allow.`,
		Example: `  gantry job run web.yaml --wait
  gantry job run --client-token nightly-2026-11-30 - < report.yaml`,
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().BoolVarP(&wait, "wait", "w", false, "wait until the job is up, and print its progress")
	cmd.Flags().DurationVar(&timeout, "timeout", 15*time.Minute, "longest time to wait with --wait")
	cmd.Flags().StringVar(&token, "client-token", "",
		"`token` that keeps a batch job from running twice: the same file with the same token does not run again for an hour after it ended")
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
			ctx, cancel := context.WithTimeoutCause(ctx, timeout,
				fmt.Errorf("job %s is not up after %s; it continues, see \"gantry job status %s\"", put.Name, timeout, put.Name))
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
