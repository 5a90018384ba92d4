package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

// certWait is how long gantry cert request waits by itself.
const certWait = 2 * time.Minute

func certRequestCommand() *cobra.Command {
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "request DOMAIN [NAME...]",
		Short: "Have the cluster's certificate authority issue one certificate for some host names",
		Long: `Have the cluster's certificate authority issue one certificate for some host names, and wait for it. The names
must lead to an ingress instance: the authority asks there, on port 80 or 443. Name the ARN in a listener.
Hosts that rules of an HTTPS listener without certificates name need no request.`,
		Example: `  gantry cert request example.org www.example.org`,
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().DurationVar(&wait, "wait", certWait, "`time` to wait until it is issued; 0: not at all")
	cmd.Args = cobra.MinimumNArgs(1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (out structs.CertificateStatus, err error) {
			var made certMade
			in := map[string]any{"DomainName": args[0]}
			if len(args) > 1 {
				in["SubjectAlternativeNames"] = args[1:]
			}
			if err := c.CallCertificates(ctx, "RequestCertificate", in, &made); err != nil {
				return out, err
			}
			return issued(ctx, c, made.ARN, wait)
		}, func(w io.Writer, c structs.CertificateStatus) { fmt.Fprintf(w, "%s %s\n", c.ARN, c.Status) })
	}
	return cmd
}

// issued waits until a certificate is issued, or could not be.
func issued(ctx context.Context, c *client.Client, arn string, wait time.Duration) (structs.CertificateStatus, error) {
	end := time.Now().Add(wait)
	for {
		found, err := findCertificate(ctx, c, arn)
		found.ARN = arn
		switch {
		case err != nil:
			return found, err
		case found.Status != structs.CertificatePending || wait == 0:
			return found, nil
		case found.Order.Problem != "":
			return found, fmt.Errorf("%s is not issued yet: %s", arn, certProblem(found))
		case time.Now().After(end):
			return found, fmt.Errorf("%s is not issued within %v; gantry cert ls shows how it goes", arn, wait)
		}
		select {
		case <-time.After(250 * time.Millisecond):
		case <-ctx.Done():
			return found, errors.New("interrupted; the certificate is still being ordered")
		}
	}
}

func certRenewCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "renew CERTIFICATE",
		Short: "Have a certificate issued again now, or try again at once after a failure",
	}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return certAction(cmd, r, args[0], "RenewCertificate", "is being ordered")
	}
	return cmd
}

func certRemoveCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "rm CERTIFICATE", Aliases: []string{"remove", "delete"}, Short: "Remove a certificate that no listener uses"}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return certAction(cmd, r, args[0], "DeleteCertificate", "is removed")
	}
	return cmd
}

// certAction carries out an action on a certificate.
func certAction(cmd *cobra.Command, r *remote, name, action, done string) error {
	return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.CertificateStatus, error) {
		found, err := findCertificate(ctx, c, name)
		if err != nil {
			return found, err
		}
		var out struct{}
		return found, c.CallCertificates(ctx, action, map[string]any{"CertificateArn": found.ARN}, &out)
	}, func(w io.Writer, c structs.CertificateStatus) { fmt.Fprintf(w, "%s (%s) %s.\n", c.Domain, c.ID, done) })
}

func certCACommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ca",
		Short: "Print the certificate of gantry dev's own authority, for clients to trust",
		Long: `Print the certificate of gantry dev's own authority. It issues the certificates of all hosts of HTTPS listeners and
of localhost. Programs trust it for one call (curl --cacert), or the machine does:

  Debian, Ubuntu    gantry cert ca | sudo tee /usr/local/share/ca-certificates/gantry-dev.crt && sudo update-ca-certificates
  Fedora, RHEL      gantry cert ca | sudo tee /etc/pki/ca-trust/source/anchors/gantry-dev.pem && sudo update-ca-trust
  macOS             gantry cert ca > gantry-dev.pem && sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain gantry-dev.pem
  Firefox           import the file under Settings, Certificates, Authorities

Trust it only on machines of your own, and remove it there when you remove the data directory.`,
		Example: `  gantry cert ca > ca.pem; curl --cacert ca.pem https://localhost/`,
	}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return talk(cmd, r, func(ctx context.Context, c *client.Client) error {
			text, err := c.CertificateAuthority(ctx)
			if err == nil {
				_, err = cmd.OutOrStdout().Write(text)
			}
			return err
		})
	}
	return cmd
}
