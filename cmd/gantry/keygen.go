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
		Short: "Make the secret of a cluster, or the agents' part of it",
		Long: `Make the secret of a cluster, and print it. Every server needs it in a file (--secret-file). Agents
need it too, or only their part of it, which --agent-from prints.`,
		Example: `  (umask 077; gantry keygen > cluster.key; gantry keygen --agent-from cluster.key > agent.key)`,
	}
	cmd.Flags().StringVar(&from, "agent-from", "", "print the agents' part of the secret in this `file`")
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
