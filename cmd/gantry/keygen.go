package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/security"
)

func keygenCommand() *cobra.Command {
	var from string
	cmd := &cobra.Command{
		Use:   "keygen",
		Short: "Make the one secret of a cluster, or the agents' part of it",
		Long: `Make the one secret of a cluster. All servers have it in a file (--secret-file); agents may have the whole of it, or with --agent-from only
the part that lets them be agents.`,
		Example: `  (umask 077; gantry keygen > cluster.key; gantry keygen --agent-from cluster.key > agent.key)`,
	}
	cmd.Flags().StringVar(&from, "agent-from", "", "file with the cluster's secret, to print the agents' part of")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if from == "" {
			fmt.Fprintln(cmd.OutOrStdout(), security.NewSecret())
			return nil
		}
		key, err := security.ReadAgentKey(from)
		if err != nil {
			return fmt.Errorf("--agent-from: %w", err)
		}
		fmt.Fprintln(cmd.OutOrStdout(), key)
		return nil
	}
	return cmd
}
