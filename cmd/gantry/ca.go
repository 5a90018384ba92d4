package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/security"
)

func caCommand() *cobra.Command {
	var from string
	cmd := &cobra.Command{
		Use:     "ca",
		Short:   "Print the certificate that clients verify the servers with",
		Example: `  gantry ca --secret-file cluster.key > ca.pem; export AWS_CA_BUNDLE=$PWD/ca.pem`,
	}
	cmd.Flags().StringVar(&from, "secret-file", "", "`file` with the cluster's secret (required)")
	_ = cmd.MarkFlagRequired("secret-file") // fails only if there is no such flag
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		secret, err := security.ReadSecret(from)
		if err != nil {
			return fmt.Errorf("--secret-file: %w", err)
		}
		authority, err := secret.Authority()
		if err != nil {
			return err
		}
		_, err = cmd.OutOrStdout().Write(authority.PEM())
		return err
	}
	return cmd
}
