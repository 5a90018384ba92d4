package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
)

func serverLeaveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "leave",
		Short: "Remove the server at --address from its cluster for good, and stop it",
		Long: `Remove the server at --address from its cluster for good, and stop it.

The server hands over leadership, waits until the leader has removed it from the raft peers, and
leaves gossip. It refuses if the remaining servers would have no quorum, and stays if too few of them
are up when it is to be removed. To go from five servers to three, let one leave, then another. If it
is started again with its data directory, it joins again.`,
	}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (struct{}, error) { return struct{}{}, c.Leave(ctx) },
			func(w io.Writer, _ struct{}) {
				fmt.Fprintf(w, "the server at %s has left the cluster and stops\n", r.address)
			})
	}
	return cmd
}
