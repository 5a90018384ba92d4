package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func membersCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "members",
		Short: "List the servers and agents of a cluster, as gossip sees them",
	}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.MemberList, error) { return c.Members(ctx) }, printMembers)
	}
	return cmd
}

func printMembers(w io.Writer, list structs.MemberList) {
	var rows [][]string
	for _, m := range list.Members {
		rows = append(rows, []string{m.ID, m.Name, m.Role, m.Status, m.Zone, m.Region, m.Version, m.Address, m.HTTP})
	}
	table(w, []string{"ID", "NAME", "ROLE", "STATUS", "ZONE", "REGION", "VERSION", "GOSSIP", "HTTP"}, rows)
}
