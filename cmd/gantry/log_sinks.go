package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/agent/sink"
	"github.com/gantry-project/gantry/config"
)

func addLogSinksFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "log-sinks", "", "`file`, HCL or JSON, with where the output of containers is shipped to, so that it "+
		"outlives this machine: stores that speak S3, and Fluent endpoints")
}

// logSinks returns the sinks of a file; none without one.
func logSinks(file string) ([]sink.Sink, error) {
	if file == "" {
		return nil, nil
	}
	var f sink.File
	err := config.Decode(file, &f)
	var sinks []sink.Sink
	if err == nil {
		sinks, err = f.Parse()
	}
	if err != nil {
		return nil, fmt.Errorf("--log-sinks: %s: %w", file, err)
	}
	return sinks, nil
}
