package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/agent/logs"
)

// keptLogs holds the flags of gantry agent and gantry dev about the output of containers.
type keptLogs struct {
	container, task, instance int64 // MiB
	age                       time.Duration
	sinks                     string // file
}

const mebibyte = 1 << 20

func (o *keptLogs) addFlags(cmd *cobra.Command) {
	size := func(to *int64, of string, bytes int64) {
		cmd.Flags().Int64Var(to, "log-size-"+of, bytes/mebibyte, "how much of the output of each "+of+" is kept at most, in `MiB`")
	}
	size(&o.container, "container", logs.DefaultContainer)
	size(&o.task, "task", logs.DefaultTask)
	size(&o.instance, "instance", logs.DefaultInstance)
	cmd.Flags().Lookup("log-size-instance").Usage = "how much of the output of all containers is kept at most, in `MiB`"
	addLogSinksFlag(cmd, &o.sinks)
	cmd.Flags().DurationVar(&o.age, "log-age", logs.DefaultAge, "`time` that the output of containers is kept at most")
}

func (o *keptLogs) check() error {
	for _, f := range []struct {
		of string
		n  int64
	}{{"container", o.container}, {"task", o.task}, {"instance", o.instance}} {
		if f.n < logs.MinBytes/mebibyte {
			return fmt.Errorf("--log-size-%s: %d is less than %d MiB", f.of, f.n, logs.MinBytes/mebibyte)
		}
	}
	if o.age < time.Minute {
		return fmt.Errorf("--log-age: %v is less than 1m", o.age)
	}
	_, err := logSinks(o.sinks)
	return err
}

func (o *keptLogs) config() *logs.Config {
	return &logs.Config{Container: o.container * mebibyte, Task: o.task * mebibyte, Instance: o.instance * mebibyte, Age: o.age}
}
