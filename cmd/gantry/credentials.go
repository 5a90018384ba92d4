package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/config"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
)

// The environment variables of commands that call a secured server.
const (
	caVariable    = "GANTRY_CACERT"
	tokenVariable = "GANTRY_TOKEN" // an access key as ID:SECRET
)

// credentials holds how a command proves who it is, and verifies the server, over HTTPS.
type credentials struct {
	caFile     string
	secretFile string
}

func (c *credentials) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.caFile, "ca-file", "", "`file` with the certificate to verify a secured server with, made by \"gantry ca\" (also "+caVariable+")")
	config.AddVariable(cmd.Flags(), "ca-file", caVariable)
	cmd.Flags().StringVar(&c.secretFile, "secret-file", "", "`file` with the cluster's secret, in place of an access key and --ca-file")
}

// secured reports whether an address without a scheme is taken to be HTTPS.
func (c *credentials) secured() bool { return c.caFile != "" || c.secretFile != "" }

// config returns the configuration of a client of an address. Access keys are sent over HTTPS only;
// a server without TLS takes any caller anyway.
func (c *credentials) config(address string) (client.Config, error) {
	made := client.Config{Address: address}
	if !strings.HasPrefix(address, "https://") {
		return made, nil
	}
	var err error
	if c.secretFile != "" {
		made.TLS, err = c.asServer()
		return made, err
	}
	if c.caFile != "" {
		if made.TLS, err = trusting(c.caFile); err != nil {
			return made, err
		}
	}
	made.Token = os.Getenv(tokenVariable)
	made.Key = client.Key{
		ID: os.Getenv("AWS_ACCESS_KEY_ID"), Secret: os.Getenv("AWS_SECRET_ACCESS_KEY"), Token: os.Getenv("AWS_SESSION_TOKEN"),
	}
	return made, nil
}

// asServer returns the TLS configuration of a caller that has the cluster's secret.
func (c *credentials) asServer() (*tls.Config, error) {
	secret, err := security.ReadSecret(c.secretFile)
	if err != nil {
		return nil, fmt.Errorf("--secret-file: %w", err)
	}
	authority, err := secret.Authority()
	if err != nil {
		return nil, err
	}
	return authority.Server("command-line", nil, time.Now).DialServers(), nil
}

func trusting(file string) (*tls.Config, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--ca-file: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("--ca-file: %s has no certificate in it: make one with `gantry ca --secret-file cluster.key`", file)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}, nil
}

// refused adds to an error what to do if the server does not accept the command's credentials, or
// the command does not trust the server.
func refused(err error, address string) error {
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); unknown {
		return fmt.Errorf("%w: give the cluster's certificate with --ca-file or %s (\"gantry ca\" makes it)", err, caVariable)
	}
	switch {
	case structs.KindOf(err) == "MissingAuthenticationToken":
		return fmt.Errorf("%s requires credentials: set %s=ID:SECRET, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "+
			"(\"gantry bootstrap\" makes the first access key)", address, tokenVariable)
	case strings.Contains(err.Error(), "HTTP request to an HTTPS server"):
		return fmt.Errorf("%s is secured: use https:// and --ca-file, or --secret-file", address)
	}
	return err
}
