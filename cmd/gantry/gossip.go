package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func gossipCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "gossip", Short: "Manage the key that encrypts gossip"}
	cmd.AddCommand(gossipRotateCommand())
	return cmd
}

func gossipRotateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Replace the gossip key on all servers and agents",
		Long: `Make a new gossip key, give it to all servers and agents, and stop using the previous one. Any server
takes the call.

The rotation is refused while a member does not answer and is not known to have failed; nothing has
changed then. Members that have failed get the new key from a server when they come back
(docs/access.md).`,
	}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.GossipRotation, error) {
			return c.RotateGossipKey(ctx)
		},
			func(w io.Writer, done structs.GossipRotation) {
				fmt.Fprintf(w, "%d members encrypt gossip with a new key; the previous one is no longer accepted.\n", done.Members)
				if len(done.Down) > 0 {
					fmt.Fprintf(w, "These members are down, and get the key when they come back: %s.\n", strings.Join(done.Down, ", "))
				}
			})
	}
	return cmd
}
