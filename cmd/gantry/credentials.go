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

// The environment of commands that ask a secured server.
const (
	caVariable    = "GANTRY_CACERT"
	tokenVariable = "GANTRY_TOKEN" // an access key as ID:SECRET
)

// credentials are how a command proves itself, and knows the server, over https.
type credentials struct {
	caFile     string
	secretFile string
}

func (c *credentials) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.caFile, "ca-file", "", "certificate to know a secured server by (gantry ca); "+caVariable+" sets it too")
	config.AddVariable(cmd.Flags(), "ca-file", caVariable)
	cmd.Flags().StringVar(&c.secretFile, "secret-file", "", "file with the cluster's secret: who has it needs neither an access key nor --ca-file")
}

// secured says that an address without a scheme is one of https.
func (c *credentials) secured() bool { return c.caFile != "" || c.secretFile != "" }

// config is that of a client of an address. Keys go over https alone; without TLS a server takes
// any caller anyway.
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
	made.Key = client.Key{ID: os.Getenv("AWS_ACCESS_KEY_ID"), Secret: os.Getenv("AWS_SECRET_ACCESS_KEY")}
	return made, nil
}

// asServer is the TLS of one who has the cluster's secret.
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
		return nil, fmt.Errorf("--ca-file: %s holds no certificate: make one with `gantry ca --secret-file cluster.key`", file)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}, nil
}

// refused says what to do where a server does not know or trust the command, or the command the
// server.
func refused(err error, address string) error {
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); unknown {
		return fmt.Errorf("%w: say by what to know the server with --ca-file or %s (gantry ca makes it)", err, caVariable)
	}
	switch {
	case structs.KindOf(err) == "MissingAuthenticationToken":
		return fmt.Errorf("%s takes no calls without credentials: set %s=ID:SECRET, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (gantry bootstrap makes the first access key)", address, tokenVariable)
	case strings.Contains(err.Error(), "HTTP request to an HTTPS server"):
		return fmt.Errorf("%s is secured: use https:// and --ca-file, or --secret-file", address)
	}
	return err
}
