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
	cmd := &cobra.Command{Use: "gossip", Short: "Replace the key that gossip is encrypted with"}
	cmd.AddCommand(gossipRotateCommand())
	return cmd
}

func gossipRotateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Make a new gossip key, hand it to all servers and agents, and end the one before",
		Long: `Make a new gossip key, hand it to all servers and agents, and end the one before. Any server may be asked.

It is refused while a member neither answers nor is known to have failed; then nobody hears less than before. Members that have failed get
the new key from a server when they come back (docs/access.md).`,
	}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.GossipRotation, error) {
			return c.RotateGossipKey(ctx)
		},
			func(w io.Writer, done structs.GossipRotation) {
				fmt.Fprintf(w, "%d members encrypt gossip with a new key; the one before is taken no more.\n", done.Members)
				if len(done.Down) > 0 {
					fmt.Fprintf(w, "Down, and given it when they come back: %s.\n", strings.Join(done.Down, ", "))
				}
			})
	}
	return cmd
}
