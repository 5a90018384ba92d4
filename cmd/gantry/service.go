package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func serviceCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "service", Short: "Look at services"}
	cmd.AddCommand(serviceLogsCommand())
	return cmd
}

func serviceLogsCommand() *cobra.Command {
	var o logView
	var container string
	cmd := &cobra.Command{
		Use:   "logs NAME",
		Short: "Print what the tasks of a service or a daemon wrote",
		Long: `Print what the containers of all tasks of a service or a daemon wrote to their output, in the order of time.
What they wrote to stderr is printed to stderr.`,
		Example: `  gantry service logs -f web
  gantry service logs --since 1h --container app web | grep ERROR`,
	}
	r := addRemoteFlags(cmd)
	o.addFlags(cmd)
	cmd.Flags().StringVar(&container, "container", "", "`name` of a container; the others are left out")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		in, err := o.request(time.Now())
		if err != nil {
			return err
		}
		in.Service, in.Container = args[0][strings.LastIndexByte(args[0], '/')+1:], container // of an ARN
		return showLogs(cmd, r, &o, in, true)
	}
	return cmd
}
