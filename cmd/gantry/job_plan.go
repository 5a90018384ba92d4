package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func jobPlanCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plan FILE",
		Short: "Show what \"job run\" would do with a file, without doing it",
		Long: `Show what "job run" would do with a file, without doing it: which fields of the job would change, and
where the scheduler would then place tasks. FILE - is standard input. The exit status is 2 if tasks
would find no place.`,
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
		fmt.Fprintf(w, "Job %s in cluster %s matches the file: nothing would change.\n", p.Name, p.Cluster)
		return
	}
	fmt.Fprintf(w, "Job %s in cluster %s would be %s: version %d, task definition %s\n\n", p.Name, p.Cluster, p.Result, p.Version, p.TaskDefinition)
	printChanges(w, p.Changes)
	switch {
	case p.Replaces && p.Type == structs.JobBatch:
		fmt.Fprintln(w, "\nThe current run would be stopped.")
	case p.Replaces:
		fmt.Fprintln(w, "\nA deployment would replace its tasks.")
	}
	if p.Simulation != nil {
		fmt.Fprintln(w)
		printSimulation(w, *p.Simulation)
	}
}

// printChanges marks new fields with a plus, removed ones with a minus and changed ones with a
// tilde.
func printChanges(w io.Writer, changes []structs.FieldChange) {
	rows := make([][]string, len(changes))
	for i, c := range changes {
		if strings.HasSuffix(c.Field, ".content") {
			c = shortContent(c)
		}
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

// shortContent returns the change of a file's content in a line: its size if it is new or gone, or
// the first line that differs.
func shortContent(c structs.FieldChange) structs.FieldChange {
	var from, to string
	if json.Unmarshal([]byte(orEmptyText(c.From)), &from) != nil || json.Unmarshal([]byte(orEmptyText(c.To)), &to) != nil {
		return c // the field is not a file's
	}
	size := func(text string) string { return fmt.Sprintf("%d bytes", len(text)) }
	switch {
	case c.From == "":
		c.To = size(to)
		return c
	case c.To == "":
		c.From = size(from)
		return c
	}
	was, is := strings.Split(from, "\n"), strings.Split(to, "\n")
	n := 0
	for n < len(was)-1 && n < len(is)-1 && was[n] == is[n] {
		n++
	}
	const most = 60 // characters of a line
	c.From, c.To = fmt.Sprintf("line %d: %.*q", n+1, most, was[n]), fmt.Sprintf("%.*q", most, is[n])
	return c
}

// orEmptyText returns a JSON text.
func orEmptyText(text string) string {
	if text == "" {
		return `""`
	}
	return text
}
