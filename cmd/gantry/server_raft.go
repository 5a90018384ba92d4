package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func serverRaftCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "raft",
		Short: "List the raft peers: who leads, who votes and how far each one is",
	}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.PeerList, error) { return c.RaftPeers(ctx) }, printPeers)
	}
	return cmd
}

func printPeers(w io.Writer, list structs.PeerList) {
	var rows [][]string
	for _, p := range list.Peers {
		role, contact, index, term := "follower", "no answer", "-", "-"
		if p.Leader {
			role = "leader"
		}
		if p.Answers {
			contact, index, term = fmt.Sprintf("%d ms", p.LastContact), strconv.FormatUint(p.LastIndex, 10), strconv.FormatUint(p.LastTerm, 10)
			if p.LastContact < 0 {
				contact = "never"
			}
		}
		rows = append(rows, []string{p.ID, p.Name, p.Address, role, strconv.FormatBool(p.Voter), contact, index, term})
	}
	table(w, []string{"ID", "NAME", "RAFT", "ROLE", "VOTER", "LAST CONTACT", "LAST INDEX", "TERM"}, rows)
}
