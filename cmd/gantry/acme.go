package main

import (
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/structs"
)

// acmeOptions holds the flags that say who issues certificates for HTTPS.
type acmeOptions struct {
	directory, email, rootsFile string
}

func (o *acmeOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.email, "acme-email", "", "`address` of the account with the certificate authority; with it, hosts of HTTPS "+
		"listeners without certificates get certificates of Let's Encrypt, whose terms you accept by that; give it to all servers")
	cmd.Flags().StringVar(&o.directory, "acme-directory", "", "`URL` of the directory of another certificate authority that speaks ACME; give it to all servers")
	cmd.Flags().StringVar(&o.rootsFile, "acme-ca-file", "", "`file`, PEM, with the root by which that directory is trusted (default: those of the system)")
}

// settings returns who issues certificates, or nil: nobody.
func (o *acmeOptions) settings() (*structs.ACMESettings, error) {
	if o.directory == "" && o.email == "" {
		if o.rootsFile != "" {
			return nil, fmt.Errorf("--acme-ca-file is for a directory of your own: give that with --acme-directory")
		}
		return nil, nil
	}
	out := &structs.ACMESettings{Directory: o.directory, Email: o.email}
	if out.Directory == "" {
		out.Directory = structs.LetsEncrypt
	}
	if u, err := url.Parse(out.Directory); err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("--acme-directory: %q is not the URL of a directory, such as %s", out.Directory, structs.LetsEncrypt)
	}
	if o.email != "" && !strings.Contains(o.email, "@") {
		return nil, fmt.Errorf("--acme-email: %q is not an address", o.email)
	}
	if o.rootsFile != "" {
		raw, err := os.ReadFile(o.rootsFile)
		if err != nil {
			return nil, fmt.Errorf("--acme-ca-file: %w", err)
		}
		if !x509.NewCertPool().AppendCertsFromPEM(raw) {
			return nil, fmt.Errorf("--acme-ca-file: %s has no certificate in PEM", o.rootsFile)
		}
		out.Roots = string(raw)
	}
	return out, nil
}
