package main

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

// logView holds the flags of the commands that show logs.
type logView struct {
	cluster    string
	since      string
	until      string
	tail       int
	follow     bool
	timestamps bool
	prefix     bool
}

func (o *logView) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.cluster, "cluster", structs.DefaultCluster, "`name` of the cluster")
	f.BoolVarP(&o.follow, "follow", "f", false, "go on with new lines")
	f.StringVar(&o.since, "since", "", "only lines from this `time` on: 2026-11-30T08:00:00Z, or how long ago, such as 10m")
	f.StringVar(&o.until, "until", "", "only lines before this `time`")
	f.IntVarP(&o.tail, "tail", "n", -1, "only the newest `number` of lines of each container; -1 is all")
	f.BoolVarP(&o.timestamps, "timestamps", "t", false, "print the time of each line")
	f.BoolVar(&o.prefix, "prefix", false, "print which container of which task wrote each line (default: on a terminal, if there can be several)")
}

// request returns the request of the flags.
func (o *logView) request(now time.Time) (in structs.LogRequest, err error) {
	in = structs.LogRequest{Cluster: o.cluster, Follow: o.follow}
	if in.Since, err = timeFlag("since", o.since, now); err != nil {
		return in, err
	}
	if in.Until, err = timeFlag("until", o.until, now); err != nil {
		return in, err
	}
	switch {
	case o.tail < -1 || o.tail > structs.MaxLogTail:
		return in, fmt.Errorf("--tail: %d is not between 0 and %d, or -1 for all", o.tail, structs.MaxLogTail)
	case o.tail >= 0:
		in.Tail = &o.tail
	}
	return in, nil
}

// timeFlag reads a time, or how long before now it was; empty is zero.
func timeFlag(name, text string, now time.Time) (structs.Time, error) {
	if text == "" {
		return 0, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return structs.TimeOf(now.Add(-ago)), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02"} {
		if at, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return structs.TimeOf(at), nil
		}
	}
	return 0, fmt.Errorf("--%s: %q is neither a time, such as 2026-11-30T08:00:00Z, nor how long ago, such as 10m", name, text)
}

// showLogs prints the answer to a request: what containers wrote to stderr, and what people must
// know, goes to stderr.
func showLogs(cmd *cobra.Command, r *remote, o *logView, in structs.LogRequest, several bool) error {
	p := &logPrinter{out: cmd.OutOrStdout(), err: cmd.ErrOrStderr(), timestamps: o.timestamps, json: r.output == outputJSON}
	terminal := isTerminal(p.out)
	p.prefix = o.prefix || several && terminal && !cmd.Flags().Changed("prefix")
	p.colors = terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	err := talk(cmd, r, func(ctx context.Context, c *client.Client) error { return c.Logs(ctx, in, p.print) })
	if o.follow && cmd.Context().Err() != nil {
		return nil // that is how people end it
	}
	return err
}

// isTerminal reports whether people read what is written.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// logPrinter prints lines.
type logPrinter struct {
	out, err   io.Writer
	timestamps bool
	prefix     bool
	colors     bool
	json       bool
	width      int // of the widest prefix
}

func (p *logPrinter) print(l structs.LogLine) error {
	switch {
	case p.json:
		return json.NewEncoder(p.out).Encode(l)
	case l.Note != "":
		_, err := fmt.Fprintln(p.err, "gantry: "+l.Note)
		return err
	case l.Mark:
		return nil
	}
	begin := p.begin(&l)
	if l.Dropped > 0 {
		if _, err := fmt.Fprintf(p.err, "gantry: %s%d lines before the next are missing: they came faster than they could be kept\n",
			begin, l.Dropped); err != nil {
			return err
		}
	}
	to := p.out
	if l.Source == "stderr" {
		to = p.err
	}
	_, err := io.WriteString(to, begin+strings.TrimSuffix(l.Message, "\n")+"\n")
	return err
}

// prefixColors are those of ANSI that can be read on dark and light backgrounds.
var prefixColors = []int{36, 33, 32, 35, 34, 96, 93, 92, 95, 94}

// begin returns what stands before a message.
func (p *logPrinter) begin(l *structs.LogLine) string {
	begin := ""
	if p.prefix {
		label := l.Container + "/" + l.Task[:min(8, len(l.Task))]
		p.width = max(p.width, len(label))
		begin = label + strings.Repeat(" ", p.width-len(label)) + " | "
		if p.colors {
			h := fnv.New32a()
			_, _ = h.Write([]byte(label)) // never fails (hash.Hash)
			begin = "\x1b[" + strconv.Itoa(prefixColors[h.Sum32()%uint32(len(prefixColors))]) + "m" + begin + "\x1b[0m"
		}
	}
	if p.timestamps {
		begin += l.Time.Std().Format("2006-01-02T15:04:05.000Z07:00") + " "
	}
	return begin
}
