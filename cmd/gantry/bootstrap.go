package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func bootstrapCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bootstrap",
		Short: "Make the first access key of a secured cluster; it may do everything, and can be made once",
		Example: `  gantry bootstrap --address https://10.0.0.1:5747 --secret-file cluster.key
  gantry ca --secret-file cluster.key > ca.pem`,
	}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.NewAccessKey, error) { return c.Bootstrap(ctx) }, printNewKey)
	}
	return cmd
}
