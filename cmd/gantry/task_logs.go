package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func taskLogsCommand() *cobra.Command {
	var o logView
	cmd := &cobra.Command{
		Use:   "logs TASK [CONTAINER]",
		Short: "Print what the containers of a task wrote",
		Long: `Print what the containers of a task, or one of them, wrote to their output. What they wrote to stderr is
printed to stderr. This works while the instance is connected that ran the task, also after the task and its containers are gone.`,
		Example: `  gantry task logs -f 0123456789abcdef0123456789abcdef
  gantry task logs --since 10m --tail 100 0123456789abcdef0123456789abcdef app`,
	}
	r := addRemoteFlags(cmd)
	o.addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		in, err := o.request(time.Now())
		if err != nil {
			return err
		}
		in.Task = args[0][strings.LastIndexByte(args[0], '/')+1:] // of an ARN
		if len(args) > 1 {
			in.Container = args[1]
		}
		return showLogs(cmd, r, &o, in, in.Container == "")
	}
	return cmd
}
