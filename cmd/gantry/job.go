package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func jobCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "job", Short: "Run jobs from files, and see how they stand"}
	cmd.AddCommand(jobRunCommand(), jobPlanCommand(), jobStatusCommand(), jobStopCommand())
	return cmd
}

// readFile reads a job file; - is the standard input.
func readFile(cmd *cobra.Command, name string) (text []byte, err error) {
	if name == "-" {
		text, err = io.ReadAll(cmd.InOrStdin())
	} else {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, fmt.Errorf("read the job file: %w", err)
	}
	return text, nil
}

// inFile says of a refusal that names lines in which file they are.
func inFile(err error, name string) error {
	if err == nil || structs.KindOf(err) != structs.KindInvalidParameter && structs.KindOf(err) != structs.KindUnsupportedFeature {
		return err
	}
	if name == "-" {
		name = "standard input"
	}
	return fmt.Errorf("%s: %w", name, err)
}

func jobPlanCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plan FILE",
		Short: "Say what \"job run\" would do with a file, and do nothing",
		Long: `Say what "job run" would do with a file, and do nothing: which fields of the job would change, and what the scheduler would then
place where. - reads the standard input. The exit status is 2 where tasks would find no place.`,
	}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		text, err := readFile(cmd, args[0])
		if err != nil {
			return err
		}
		var plan structs.JobPlan
		err = show(cmd, r, func(ctx context.Context, c *client.Client) (structs.JobPlan, error) {
			var err error
			plan, err = c.PlanJob(ctx, text)
			return plan, inFile(err, args[0])
		}, printPlan)
		if err == nil && plan.Simulation != nil && plan.Simulation.Total.Unplaced > 0 {
			return exitUnplaced
		}
		return err
	}
	return cmd
}

func printPlan(w io.Writer, p structs.JobPlan) {
	if p.Result == structs.JobUnchanged {
		fmt.Fprintf(w, "Job %s in cluster %s is as the file says: nothing would change.\n", p.Name, p.Cluster)
		return
	}
	fmt.Fprintf(w, "Job %s in cluster %s would be %s: version %d, task definition %s\n\n", p.Name, p.Cluster, p.Result, p.Version, p.TaskDefinition)
	printChanges(w, p.Changes)
	switch {
	case p.Replaces && p.Type == structs.JobBatch:
		fmt.Fprintln(w, "\nThe run that goes on would be stopped.")
	case p.Replaces:
		fmt.Fprintln(w, "\nA deployment would replace its tasks.")
	}
	if p.Simulation != nil {
		fmt.Fprintln(w)
		printSimulation(w, *p.Simulation)
	}
}

// printChanges writes what is new with a plus, what goes with a minus, and what becomes something
// else with a tilde.
func printChanges(w io.Writer, changes []structs.FieldChange) {
	rows := make([][]string, len(changes))
	for i, c := range changes {
		switch {
		case c.From == "":
			rows[i] = []string{"  + " + c.Field, c.To}
		case c.To == "":
			rows[i] = []string{"  - " + c.Field, c.From}
		default:
			rows[i] = []string{"  ~ " + c.Field, c.From + " -> " + c.To}
		}
	}
	table(w, nil, rows)
}

func jobStopCommand() *cobra.Command {
	var cluster string
	cmd := &cobra.Command{
		Use:   "stop NAME",
		Short: "Stop a job and its tasks, and forget its name",
		Long: `Stop a job and its tasks: a service or daemon is deleted as by DeleteService --force, and its name is free once its last
task has ended. A batch job is named by its name or id.`,
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().StringVar(&cluster, "cluster", structs.DefaultCluster, "cluster of the job")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.Job, error) {
			job, err := c.StopJob(ctx, cluster, args[0])
			return job, noSuchJob(err)
		}, func(w io.Writer, job structs.Job) {
			switch job.Status {
			case structs.ServiceInactive, structs.BatchSucceeded, structs.BatchFailed:
				fmt.Fprintf(w, "%s has ended already: %s.\n", jobTitle(&job), job.Status)
			case structs.BatchStopped:
				fmt.Fprintf(w, "%s is stopped.\n", jobTitle(&job))
			default:
				fmt.Fprintf(w, "%s is being stopped.\n", jobTitle(&job))
			}
		})
	}
	return cmd
}

// noSuchJob says where to look when there is no job of a name.
func noSuchJob(err error) error {
	if structs.KindOf(err) == structs.KindResourceNotFound {
		return fmt.Errorf(`%w: "gantry job status" lists those there are, "gantry job status --all" also those that have ended`, err)
	}
	return err
}

// jobTitle is what people call a job.
func jobTitle(j *structs.Job) string {
	if j.Type == structs.JobBatch {
		return "Batch job " + cmp.Or(j.Name, j.ID)
	}
	return strings.ToUpper(j.Type[:1]) + j.Type[1:] + " " + j.Name
}

func since(t structs.Time) string { return age(time.Now(), t.Std()) }
