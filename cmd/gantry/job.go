package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/structs"
)

func jobCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "job", Short: "Run, plan, inspect and stop jobs"}
	cmd.AddCommand(jobRunCommand(), jobPlanCommand(), jobStatusCommand(), jobStopCommand())
	return cmd
}

// readFile reads a job file, or standard input for "-".
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

// inFile adds the name of the file to an error that is about its content.
func inFile(err error, name string) error {
	if err == nil || structs.KindOf(err) != structs.KindInvalidParameter && structs.KindOf(err) != structs.KindUnsupportedFeature {
		return err
	}
	if name == "-" {
		name = "standard input"
	}
	return fmt.Errorf("%s: %w", name, err)
}

// noSuchJob adds to an error where to look if there is no job of that name.
func noSuchJob(err error) error {
	if structs.KindOf(err) == structs.KindResourceNotFound {
		return fmt.Errorf(`%w: "gantry job status" lists jobs, "gantry job status --all" also those that have ended`, err)
	}
	return err
}

// jobTitle returns what to call a job.
func jobTitle(j *structs.Job) string {
	if j.Type == structs.JobBatch {
		return "Batch job " + cmp.Or(j.Name, j.ID)
	}
	return strings.ToUpper(j.Type[:1]) + j.Type[1:] + " " + j.Name
}

func since(t structs.Time) string { return age(time.Now(), t.Std()) }
