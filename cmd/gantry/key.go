package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func keyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "key", Short: "Make, list and revoke access keys"}
	cmd.AddCommand(keyCreateCommand(), keyListCommand(), keyRevokeCommand())
	return cmd
}

func keyCreateCommand() *cobra.Command {
	var in structs.AccessKeyRequest
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Make an access key, and print its secret, which is never shown again",
		Example: `  gantry key create --name ci --policy read-only
  gantry key create --name deploy --policy policy.json`,
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().StringVar(&in.Name, "name", "", "`name` of the key in refusals and in the audit log")
	cmd.Flags().StringVar(&in.Policy, "policy", "", "what the key may do: admin, read-only, or a `file` with a policy in IAM's JSON (required)")
	_ = cmd.MarkFlagRequired("policy") // fails only if there is no such flag
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if in.Policy != structs.PolicyAdmin && in.Policy != structs.PolicyReadOnly {
			text, err := os.ReadFile(in.Policy)
			if err != nil {
				return fmt.Errorf("--policy: neither admin, read-only nor a file: %w", err)
			}
			in.Policy = string(text)
		}
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.NewAccessKey, error) {
			return c.CreateAccessKey(ctx, in)
		}, printNewKey)
	}
	return cmd
}

func keyListCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Aliases: []string{"ls"}, Short: "List the access keys"}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.AccessKeyList, error) { return c.AccessKeys(ctx) }, printKeys)
	}
	return cmd
}

func keyRevokeCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "revoke ID", Short: "Revoke an access key: the next call with it is refused"}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (struct{}, error) {
			return struct{}{}, c.RevokeAccessKey(ctx, args[0])
		}, func(w io.Writer, _ struct{}) { fmt.Fprintf(w, "Access key %s is revoked.\n", args[0]) })
	}
	return cmd
}

// printNewKey prints an access key as shell commands.
func printNewKey(w io.Writer, k structs.NewAccessKey) {
	fmt.Fprintf(w, "export AWS_ACCESS_KEY_ID=%s\nexport AWS_SECRET_ACCESS_KEY=%s\n", k.ID, k.Secret)
}

func printKeys(w io.Writer, list structs.AccessKeyList) {
	var rows [][]string
	for _, k := range list.Keys {
		rows = append(rows, []string{k.ID, k.Name, age(time.Now(), k.CreatedAt.Std()), k.CreatedBy})
	}
	table(w, []string{"ACCESS KEY", "NAME", "AGE", "MADE BY"}, rows)
}
