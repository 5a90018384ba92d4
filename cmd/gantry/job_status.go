package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

// How much of a job its status prints; -o json has more.
const (
	statusDeployments = 5
	statusStopped     = 5
	statusEvents      = 10
	statusReason      = 100 // letters
)

func jobStatusCommand() *cobra.Command {
	var cluster string
	var all bool
	cmd := &cobra.Command{
		Use:   "status [NAME]",
		Short: "List the jobs of a cluster, or show one of them",
		Long: `List the jobs of a cluster, or show one of them: its deployments, tasks and events, and why tasks found
no place. -o json prints more, such as the job's versions and the job in the form of a file.`,
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().StringVar(&cluster, "cluster", structs.DefaultCluster, "`name` of the cluster")
	cmd.Flags().BoolVarP(&all, "all", "a", false, "list jobs that have ended too")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.JobList, error) {
				return c.Jobs(ctx, cluster, all)
			}, printJobs)
		}
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.JobDetail, error) {
			job, err := c.Job(ctx, cluster, args[0])
			return job, noSuchJob(err)
		}, printJob)
	}
	return cmd
}

func printJobs(w io.Writer, list structs.JobList) {
	rows := make([][]string, len(list.Jobs))
	for i, j := range list.Jobs {
		rollout := cmp.Or(j.Rollout, "-")
		if j.Batch != nil {
			rollout = fmt.Sprintf("%d/%d succeeded", j.Batch.Succeeded, j.Count)
		}
		rows[i] = []string{
			cmp.Or(j.Name, j.ID), j.Type, cmp.Or(j.Status, "-"), rollout, fmt.Sprintf("%d/%d", j.Running, j.Count),
			strconv.Itoa(j.Pending), strconv.Itoa(j.Unplaced), strconv.Itoa(j.Version), j.TaskDefinition, since(j.CreatedAt),
		}
	}
	table(w, []string{"JOB", "TYPE", "STATUS", "ROLLOUT", "RUNNING", "PENDING", "UNPLACED", "VERSION", "DEFINITION", "AGE"}, rows)
}

func printJob(w io.Writer, d structs.JobDetail) {
	j := d.Job
	fmt.Fprintf(w, "%s in cluster %s: %s, version %d, task definition %s, %s old\n", jobTitle(j.Job), j.Cluster, cmp.Or(j.Status, "batch"), j.Version, j.TaskDefinition, since(j.CreatedAt))
	fmt.Fprintf(w, "%d of %d running, %d pending\n", j.Running, j.Count, j.Pending)
	if j.Batch != nil {
		fmt.Fprintln(w, batchCounts(j.Batch))
	}
	if j.Unplaced > 0 {
		fmt.Fprintln(w, notPlaced(&d))
		fmt.Fprintf(w, "For details: \"gantry eval ls --job %s\", then \"gantry eval explain\".\n", j.ID)
	}
	printDeployments(w, &d)
	printJobTasks(w, &d)
	if len(d.Events) > 0 {
		fmt.Fprintln(w, "\nEvents")
		var rows [][]string
		for _, e := range d.Events[:min(len(d.Events), statusEvents)] {
			rows = append(rows, []string{"  " + since(e.At), e.Message})
		}
		table(w, nil, rows)
	}
}

func printDeployments(w io.Writer, d *structs.JobDetail) {
	if len(d.Deployments) == 0 {
		return
	}
	running, pending := map[string]int{}, map[string]int{}
	for _, t := range d.Tasks {
		switch {
		case t.LastStatus == structs.TaskRunning:
			running[t.StartedBy]++
		case t.LastStatus < structs.TaskRunning && t.DesiredStatus == structs.TaskRunning:
			pending[t.StartedBy]++
		}
	}
	fmt.Fprintln(w, "\nDeployments")
	var rows [][]string
	for _, dep := range d.Deployments[:min(len(d.Deployments), statusDeployments)] {
		reason := "-"
		if dep.Rollout == structs.RolloutFailed {
			reason = brief(dep.RolloutReason)
		}
		rows = append(rows, []string{
			"  " + dep.ID, dep.Status, dep.Rollout, dep.TaskDefinition, strconv.Itoa(running[dep.ID]), strconv.Itoa(pending[dep.ID]),
			strconv.Itoa(dep.FailedTasks), since(dep.CreatedAt), reason,
		})
	}
	table(w, []string{"  DEPLOYMENT", "STATUS", "ROLLOUT", "DEFINITION", "RUNNING", "PENDING", "FAILED", "AGE", "REASON"}, rows)
}

// printJobTasks lists the current tasks with what holds them up, and the last ones that stopped
// with the reason.
func printJobTasks(w io.Writer, d *structs.JobDetail) {
	var rows [][]string
	stopped := 0
	for _, t := range d.Tasks {
		end := "-"
		if t.LastStatus == structs.TaskStopped {
			if stopped++; stopped > statusStopped {
				continue
			}
			end = brief(taskEnd(t))
		} else if trouble := cmp.Or(d.Troubles[t.Instance], t.Files.Trouble()); trouble != "" {
			end = brief(trouble)
		} else if t.Pull != nil {
			end = brief(t.Pull.String())
		}
		rows = append(rows, []string{"  " + t.ID, t.TaskDefinition, t.LastStatus.String(), t.DesiredStatus.String(), t.Instance, since(t.CreatedAt), end})
	}
	if len(rows) == 0 {
		return
	}
	fmt.Fprintln(w, "\nTasks")
	table(w, []string{"  TASK", "DEFINITION", "STATUS", "DESIRED", "INSTANCE", "AGE", "REASON"}, rows)
	if more := stopped - statusStopped; more > 0 {
		fmt.Fprintf(w, "  and %d more that have stopped\n", more)
	}
}

// brief shortens a reason so that it fits beside other columns.
func brief(text string) string {
	if letters := []rune(text); len(letters) > statusReason {
		return string(letters[:statusReason-1]) + "…"
	}
	return text
}
