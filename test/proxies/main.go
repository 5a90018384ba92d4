// Command proxies sends the same requests through Gantry's proxy, nginx, HAProxy and Caddy and
// writes a table of what clients and targets saw: docs/proxies-compared.md. A proxy that is not
// installed is left out.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/gantry-project/gantry/testutil/proxies"
)

func main() {
	proxies.Main()
	out := flag.String("o", "", "the file to write; otherwise the table goes to the standard output")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *out); err != nil {
		fmt.Fprintln(os.Stderr, "proxies:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out string) error {
	dir, err := os.MkdirTemp("", "proxies")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	to, err := newTarget()
	if err != nil {
		return err
	}
	var columns []string
	seen := map[string][]string{} // by proxy, one for each case
	for _, name := range proxies.Names {
		sub := filepath.Join(dir, name)
		if err := os.Mkdir(sub, 0o755); err != nil {
			return err
		}
		p, err := proxies.Start(ctx, sub, name, to.address)
		if errors.Is(err, proxies.ErrMissing) {
			fmt.Fprintln(os.Stderr, name, "is left out:", err)
			continue
		} else if err != nil {
			return err
		}
		columns = append(columns, name)
		seen[name] = to.all(p)
		fmt.Fprintln(os.Stderr, p.Version)
		if err := p.Close(); err != nil {
			return err
		}
	}
	if err := argued(columns, seen); err != nil {
		return err
	}
	text := table(columns, seen)
	if out == "" {
		fmt.Print(text)
		return nil
	}
	return os.WriteFile(out, []byte(text), 0o644)
}

// argued wants a reason wherever Gantry differs.
func argued(columns []string, seen map[string][]string) (err error) {
	for i, c := range cases() {
		for _, name := range columns {
			if seen[name][i] != seen["gantry"][i] && c.why == "" {
				err = errors.Join(err, fmt.Errorf("%s, %s: %s differs (%s; gantry: %s) and the case does not say why", c.group, c.name, name, seen[name][i], seen["gantry"][i]))
			}
		}
	}
	return err
}

const intro = `# The proxy beside nginx, HAProxy and Caddy

The same requests through each, to the same target: what the client got, and, after →, what the
target saw. ` + "`make compare-proxies`" + ` writes this page; the requests are in test/proxies/cases*.go.
nginx 1.22 and HAProxy 2.6 are Debian's, with a configuration that proxies and little else; Caddy is
2.11. "–" means no answer within half a second, ✂ that the connection was closed after the answer. Where Gantry
differs from any other, the last column says why.

`

func table(columns []string, seen map[string][]string) string {
	var b strings.Builder
	b.WriteString(intro)
	group := ""
	for i, c := range cases() {
		if c.group != group {
			group = c.group
			fmt.Fprintf(&b, "\n## %s\n\n| request | %s | why |\n|---|%s---|\n", group, strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
		}
		fmt.Fprintf(&b, "| %s |", c.name)
		for _, name := range columns {
			fmt.Fprintf(&b, " %s |", strings.ReplaceAll(seen[name][i], "|", "\\|"))
		}
		fmt.Fprintf(&b, " %s |\n", c.why)
	}
	return b.String()
}
