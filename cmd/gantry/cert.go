package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func certCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cert",
		Short: "Import, request and list the certificates of HTTPS listeners",
		Long: `Hosts that the rules of an HTTPS listener name get certificates by themselves, if the listener has none of
its own and the servers have a certificate authority (gantry server --acme-email). Import certificates that you
have from elsewhere. aws acm manages the same certificates.`,
	}
	cmd.AddCommand(certListCommand(), certInspectCommand(), certImportCommand(), certRequestCommand(), certRenewCommand(), certRemoveCommand(), certCACommand())
	return cmd
}

func certListCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Aliases: []string{"ls"}, Short: "List certificates, until when they are valid, and why one is not issued"}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.CertificateList, error) {
			return c.Certificates(ctx)
		},
			func(w io.Writer, list structs.CertificateList) {
				var rows [][]string
				for _, c := range list.Certificates {
					ends := "-"
					if c.NotAfter != 0 {
						ends = c.NotAfter.Std().Format(time.DateOnly)
					}
					rows = append(rows, []string{c.Domain, c.ID, certKind(c), c.Status, ends, orDash(strings.Join(c.UsedBy, " ")), certProblem(c)})
				}
				table(w, []string{"DOMAIN", "ID", "KIND", "STATUS", "ENDS", "USED BY", "PROBLEM"}, rows)
				switch {
				case list.Problem != "":
					fmt.Fprintf(w, "\nCertificates are not ordered: %s.\n", list.Problem)
				case list.Issuer == "local":
					fmt.Fprintln(w, "\nHosts of HTTPS listeners and localhost have certificates of gantry dev's own authority: gantry cert ca")
				}
			})
	}
	return cmd
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// certKind returns who issued a certificate, for people.
func certKind(c structs.CertificateStatus) string {
	switch {
	case c.Type == structs.CertificateImported:
		return "imported"
	case c.Type == structs.CertificateLocal:
		return "local"
	case c.Claimed:
		return "automatic"
	}
	return "requested"
}

// certProblem returns what is wrong with a certificate, and when it is tried again.
func certProblem(c structs.CertificateStatus) string {
	if c.Order.Problem == "" {
		return ""
	}
	if c.Order.Next == 0 {
		return c.Order.Problem
	}
	return fmt.Sprintf("%s (failed %d times; tried again at %s, or now with gantry cert renew)",
		c.Order.Problem, c.Order.Failures, c.Order.Next.Std().Format(time.TimeOnly+" MST"))
}

// findCertificate returns the certificate that people mean: by its ARN, its id or the beginning of
// it, or its domain.
func findCertificate(ctx context.Context, c *client.Client, text string) (found structs.CertificateStatus, err error) {
	list, err := c.Certificates(ctx)
	if err != nil {
		return found, err
	}
	if id, ok := structs.CertificateID(text); ok {
		text = id
	}
	var all []structs.CertificateStatus
	for _, one := range list.Certificates {
		if one.ID == text || one.Domain == strings.ToLower(text) || len(text) >= 4 && strings.HasPrefix(one.ID, text) {
			all = append(all, one)
		}
	}
	switch len(all) {
	case 0:
		return found, fmt.Errorf("there is no certificate %s; gantry cert ls shows what there is", text)
	case 1:
		return all[0], nil
	}
	var ids []string
	for _, one := range all {
		ids = append(ids, one.ID)
	}
	return found, fmt.Errorf("%s is the domain of %d certificates; name one by its id: %s", text, len(all), strings.Join(ids, ", "))
}

func certInspectCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "inspect CERTIFICATE", Short: "Show a certificate, named by its domain, id or ARN"}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.CertificateStatus, error) {
			return findCertificate(ctx, c, args[0])
		}, func(w io.Writer, c structs.CertificateStatus) {
			rows := [][]string{
				{"ARN", c.ARN}, {"names", strings.Join(c.Names, " ")}, {"kind", certKind(c)}, {"status", c.Status},
				{"used by", orDash(strings.Join(c.UsedBy, " "))},
			}
			at := func(label string, t structs.Time) {
				if t != 0 {
					rows = append(rows, []string{label, t.Std().Format(time.RFC3339)})
				}
			}
			at("valid from", c.NotBefore)
			at("valid to", c.NotAfter)
			at("renewed at", c.RenewsAt)
			if p := certProblem(c); p != "" {
				rows = append(rows, []string{"problem", p})
			}
			table(w, nil, rows)
			fmt.Fprint(w, "\n", c.Chain)
		})
	}
	return cmd
}

// certMade is the answer of an action that made a certificate.
type certMade struct {
	ARN string `json:"CertificateArn"`
}

func certImportCommand() *cobra.Command {
	var certFile, keyFile, chainFile, replace string
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Import a certificate, or its successor with --replace",
		Long: `Import a certificate. The file may have the whole chain, the certificate first, as certbot's fullchain.pem has.
Listeners serve a successor within a second of the import, without a restart.`,
		Example: `  gantry cert import --cert fullchain.pem --key privkey.pem
  gantry cert import --cert fullchain.pem --key privkey.pem --replace web.example.org`,
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().StringVar(&certFile, "cert", "", "`file`, PEM, with the certificate and its chain (required)")
	cmd.Flags().StringVar(&keyFile, "key", "", "`file`, PEM, with the private key, not encrypted (required)")
	cmd.Flags().StringVar(&chainFile, "chain", "", "`file`, PEM, with the chain, if the first file does not have it")
	cmd.Flags().StringVar(&replace, "replace", "", "the `certificate` that this one replaces: its domain, id or ARN")
	_ = cmd.MarkFlagRequired("cert") // fails only if there is no such flag
	_ = cmd.MarkFlagRequired("key")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		in, err := certToImport(certFile, keyFile, chainFile)
		if err != nil {
			return err
		}
		return show(cmd, r, func(ctx context.Context, c *client.Client) (out certMade, err error) {
			if replace != "" {
				old, err := findCertificate(ctx, c, replace)
				if err != nil {
					return out, err
				}
				in["CertificateArn"] = old.ARN
			}
			err = c.CallCertificates(ctx, "ImportCertificate", in, &out)
			return out, err
		}, func(w io.Writer, made certMade) { fmt.Fprintln(w, made.ARN) })
	}
	return cmd
}

// certToImport reads the files of a certificate. ACM takes the certificate and its chain apart.
func certToImport(certFile, keyFile, chainFile string) (map[string]any, error) {
	files := map[string][]byte{}
	for flag, file := range map[string]string{"cert": certFile, "key": keyFile, "chain": chainFile} {
		if file == "" {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("--%s: %w", flag, err)
		}
		files[flag] = raw
	}
	const end = "-----END CERTIFICATE-----"
	leaf, rest, _ := strings.Cut(string(files["cert"]), end)
	in := map[string]any{"Certificate": []byte(leaf + end + "\n"), "PrivateKey": files["key"]}
	if chain := strings.TrimSpace(rest + "\n" + string(files["chain"])); chain != "" {
		in["CertificateChain"] = []byte(chain + "\n")
	}
	return in, nil
}
