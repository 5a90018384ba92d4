package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
)

func healthCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Check whether the server at --address is alive; the exit status is 1 if it is not",
	}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (client.Health, error) { return c.Health(ctx) },
			func(w io.Writer, h client.Health) { fmt.Fprintln(w, h.Status) })
	}
	return cmd
}
