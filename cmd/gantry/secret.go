package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func secretCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "secret",
		Short: "Put, read and list the secrets and parameters that tasks start with",
		Long: `Task definitions name secrets of AWS Secrets Manager and parameters of AWS Systems Manager (valueFrom).
Give an address as a definition has it:

  db-password, /prod/db-password          a parameter, or if there is none a secret of that name
  arn:aws:ssm:…:parameter/NAME            a parameter
  arn:aws:secretsmanager:…:secret:NAME    a secret; region, account and the six characters at the end do not count

aws secretsmanager and aws ssm manage the same secrets and parameters.`,
	}
	cmd.AddCommand(secretPutCommand(), secretGetCommand(), secretListCommand(), secretVersionsCommand(), secretRemoveCommand(), secretRotateCommand())
	return cmd
}

// maxSecretInput bounds what is read as a value.
const maxSecretInput = 1 << 20

func secretPutCommand() *cobra.Command {
	var file, description string
	var asSecret, exact bool
	cmd := &cobra.Command{
		Use:   "put ADDRESS",
		Short: "Put a value, read from standard input or a file, for tasks that start from now on",
		Long: `Put a value, read from standard input or a file, for tasks that start from now on. What is not there yet is
created: a parameter (SecureString) for a name, a secret with --secret or for its ARN. Line breaks at the end of
the value are left out.`,
		Example: `  printf %s "$PASSWORD" | gantry secret put /prod/db-password
  gantry secret put arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db --file db.json`,
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().StringVarP(&file, "file", "f", "-", "`file` with the value; - is standard input")
	cmd.Flags().BoolVar(&asSecret, "secret", false, "make a secret of Secrets Manager for a name, instead of a parameter")
	cmd.Flags().BoolVar(&exact, "exact", false, "keep line breaks at the end of the value")
	cmd.Flags().StringVar(&description, "description", "", "`text` for people")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		value, err := readSecret(cmd.InOrStdin(), file, exact)
		if err != nil {
			return err
		}
		return show(cmd, r, func(ctx context.Context, c *client.Client) (secretPut, error) {
			s, err := findSecret(ctx, c, args[0], asSecret)
			if err != nil {
				return secretPut{}, err
			}
			return s.put(ctx, c, value, description)
		}, func(w io.Writer, p secretPut) { fmt.Fprintf(w, "%s %s has version %s.\n", p.Kind, p.Name, p.Version) })
	}
	return cmd
}

// readSecret reads a value. Errors do not have it.
func readSecret(stdin io.Reader, file string, exact bool) ([]byte, error) {
	from := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("--file: %w", err)
		}
		defer f.Close()
		from = f
	}
	value, err := io.ReadAll(io.LimitReader(from, maxSecretInput))
	if err != nil {
		return nil, fmt.Errorf("read the value: %w", err)
	}
	if !exact && utf8.Valid(value) {
		value = bytes.TrimRight(value, "\r\n")
	}
	if len(value) == 0 {
		return nil, errors.New("the value is empty: give it on standard input, or in a file with --file")
	}
	return value, nil
}

func secretGetCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "get ADDRESS", Short: "Print a value, of the version that the address names or of the present one"}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (secretValue, error) {
			s, err := findSecret(ctx, c, args[0], false)
			if err != nil {
				return secretValue{}, err
			}
			return s.get(ctx, c)
		}, func(w io.Writer, v secretValue) { _, _ = w.Write(v.bytes()) })
	}
	return cmd
}

func secretListCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Aliases: []string{"ls"}, Short: "List secrets and parameters, without their values"}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return show(cmd, r, listSecrets, func(w io.Writer, list secretList) {
			var rows [][]string
			for _, s := range list.Secrets {
				note := s.Description
				if s.DeletedAt != 0 {
					note = "marked for deletion"
				}
				rows = append(rows, []string{s.Name, s.Kind, age(time.Now(), s.ChangedAt.Std()), note})
			}
			table(w, []string{"NAME", "KIND", "AGE", "DESCRIPTION"}, rows)
		})
	}
	return cmd
}

func secretVersionsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "versions ADDRESS", Short: "List the versions of a secret or parameter, without their values"}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (secretVersions, error) {
			s, err := findSecret(ctx, c, args[0], false)
			if err != nil {
				return secretVersions{}, err
			}
			return s.versions(ctx, c)
		}, func(w io.Writer, list secretVersions) {
			var rows [][]string
			for _, v := range list.Versions {
				rows = append(rows, []string{v.Version, v.labels(), age(time.Now(), v.CreatedAt.Std())})
			}
			table(w, []string{"VERSION", "STAGES", "AGE"}, rows)
		})
	}
	return cmd
}

func secretRemoveCommand() *cobra.Command {
	var days int64
	cmd := &cobra.Command{
		Use: "rm ADDRESS", Aliases: []string{"remove", "delete"},
		Short: "Remove a parameter or a secret, with all its versions",
		Long: `Remove a parameter or a secret, with all its versions. Tasks that start from now on fail without it; those that
run keep what they have. With --keep a secret can be restored until it is removed: aws secretsmanager restore-secret.`,
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().Int64Var(&days, "keep", 0, "`days`, 7 to 30, for which a secret can be restored")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (foundSecret, error) {
			s, err := findSecret(ctx, c, args[0], false)
			if err != nil {
				return s, err
			}
			return s, s.remove(ctx, c, days)
		}, func(w io.Writer, s foundSecret) {
			if days > 0 && s.Kind == kindSecret {
				fmt.Fprintf(w, "%s %s is marked for deletion in %d days.\n", s.Kind, s.Name, days)
				return
			}
			fmt.Fprintf(w, "%s %s is removed.\n", s.Kind, s.Name)
		})
	}
	return cmd
}

func secretRotateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rotate-key",
		Short: "Seal all secrets and parameters with a new key, and remove the old one",
	}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.VaultKeyRotation, error) {
			return c.RotateSecretKey(ctx)
		},
			func(w io.Writer, out structs.VaultKeyRotation) {
				fmt.Fprintf(w, "%d values are sealed with key %d.\n", out.Values, out.Key)
				for _, name := range out.Unreadable {
					fmt.Fprintf(w, "%s cannot be opened and stays as it is: put its value again.\n", name)
				}
			})
	}
	return cmd
}
