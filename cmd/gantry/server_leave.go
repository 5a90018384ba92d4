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
		Short: "Take the server at --address out of its cluster for good and end its process",
		Long: `Take the server at --address out of its cluster for good and end its process.

It hands over leadership, waits until the leader has removed it from the raft peers, and says goodbye by gossip. It refuses where the
servers that stay would be no quorum, and stays where they are too few by the time that it would be removed. So five servers become three:
let one leave, then the next. Started again on its data directory it joins again.`,
	}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (struct{}, error) { return struct{}{}, c.Leave(ctx) },
			func(w io.Writer, _ struct{}) {
				fmt.Fprintf(w, "the server at %s has left the cluster; its process ends\n", r.address)
			})
	}
	return cmd
}
