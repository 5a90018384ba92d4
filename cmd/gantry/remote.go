package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/config"
)

const (
	addressVariable = "GANTRY_ADDR"
	formatVariable  = "GANTRY_FORMAT"
	defaultAddress  = "127.0.0.1:5747" // HTTPS if there are credentials for it, else HTTP
	exampleAddress  = "http://127.0.0.1:5747"
	outputJSON      = "json"
)

// remote holds how a command reaches a server, and how it prints the answer.
type remote struct {
	credentials
	address string
	output  string // empty for people, or outputJSON
}

// addRemoteFlags adds the flags of every command that calls a server.
func addRemoteFlags(cmd *cobra.Command) *remote {
	r := &remote{}
	cmd.Flags().StringVar(&r.address, "address", defaultAddress, "`address` of a server, as HOST:PORT or a URL (also "+addressVariable+")")
	config.AddVariable(cmd.Flags(), "address", addressVariable)
	r.addFlags(cmd)
	cmd.Flags().StringVarP(&r.output, "output", "o", "", "`format` of the output: json prints the server's answer (also "+formatVariable+")")
	config.AddVariable(cmd.Flags(), "output", formatVariable)
	return r
}

// show calls a server and prints the answer: as JSON with --output json, otherwise with text.
func show[T any](cmd *cobra.Command, r *remote, ask func(context.Context, *client.Client) (T, error), text func(io.Writer, T)) error {
	return talk(cmd, r, func(ctx context.Context, c *client.Client) error {
		answer, err := ask(ctx, c)
		if err != nil {
			return err
		}
		if r.output == outputJSON {
			lines := json.NewEncoder(cmd.OutOrStdout())
			lines.SetIndent("", "  ")
			return lines.Encode(answer)
		}
		text(cmd.OutOrStdout(), answer)
		return nil
	})
}

// talk calls a server. A failure to reach it becomes an error with a remedy.
func talk(cmd *cobra.Command, r *remote, with func(context.Context, *client.Client) error) error {
	if r.output != "" && r.output != outputJSON {
		return fmt.Errorf("--output: %q is not json", r.output)
	}
	c, address, err := r.client()
	if err != nil {
		return err
	}
	defer c.Close()
	if err := with(cmd.Context(), c); err != nil {
		return unreachable(err, address)
	}
	return nil
}

// client returns a client of the server, and the server's address.
func (r *remote) client() (*client.Client, string, error) {
	address, err := serverURL(r.address, r.secured())
	if err != nil {
		return nil, "", err
	}
	settings, err := r.config(address)
	if err != nil {
		return nil, "", err
	}
	return client.New(settings), address, nil
}

// serverURL returns the URL of an address as people write it.
func serverURL(text string, secured bool) (string, error) {
	switch {
	case !strings.Contains(text, "://") && secured:
		text = "https://" + text
	case !strings.Contains(text, "://"):
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("--address: %q is not the address of a server (an example: %s)", text, exampleAddress)
	}
	return text, nil
}

// unreachable adds to an error what to do if no server was reached.
func unreachable(err error, address string) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return fmt.Errorf("no Gantry server answers at %s (%w): start one with \"gantry dev\", "+
			"or give the address of another with --address or %s", address, op.Err, addressVariable)
	}
	return refused(err, address)
}

// table writes rows in columns, below a header if there is one.
func table(w io.Writer, header []string, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	if len(header) > 0 {
		fmt.Fprintln(t, strings.Join(header, "\t"))
	}
	for _, row := range rows {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	_ = t.Flush() // there is no better place to report that the output fails
}

// age returns how long ago something was, in its largest unit.
func age(now, then time.Time) string {
	switch d := now.Sub(then); {
	case then.IsZero():
		return "-"
	case d < time.Minute:
		return fmt.Sprintf("%ds", max(0, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}
