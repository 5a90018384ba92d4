package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gantry-project/gantry/dns"
	"github.com/gantry-project/gantry/structs"
)

const (
	dnsNames   = 1000 // with four addresses each
	dnsRounds  = 3
	dnsSeconds = "5"
	// dnsChild makes this program the server of the measurement, in a process of its own so that
	// its processor time is known.
	dnsChild = "GANTRY_BENCH_DNS"
)

// corednsMain is CoreDNS in its fastest form: the plugin hosts alone, no cache, log or metrics.
const corednsMain = `package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/hosts"
)

func init() { dnsserver.Directives = []string{"bind", "errors", "hosts"} }

func main() { coremain.Run() }
`

// corednsVersion is what is measured against.
const corednsVersion = "v1.12.4"

// dnsMeasures measures how many answers a second of one processor gives, against CoreDNS with its
// plugin hosts; the two in turn, each on one processor. The load is dnsperf's.
func dnsMeasures(ctx context.Context) error {
	if _, err := exec.LookPath("dnsperf"); err != nil {
		fmt.Println("answers of DNS are not measured: dnsperf is missing")
		return nil
	}
	dir, err := os.MkdirTemp("", "gantry-dns-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	coredns, err := buildCoreDNS(ctx, dir)
	if err != nil {
		return err
	}
	if err := writeDNSFiles(dir); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var ours, theirs []time.Duration // the processor time of a million answers
	for range dnsRounds {
		for _, side := range []struct {
			times *[]time.Duration
			cmd   *exec.Cmd
			port  string
		}{
			{&theirs, exec.CommandContext(ctx, coredns, "-conf", filepath.Join(dir, "Corefile"), "-quiet"), "15353"},
			{&ours, exec.CommandContext(ctx, self), "15354"},
		} {
			side.cmd.Env = append(os.Environ(), "GOMAXPROCS=1", dnsChild+"=127.0.0.1:"+side.port)
			took, err := dnsRound(ctx, dir, side.cmd, side.port)
			if err != nil {
				return err
			}
			*side.times = append(*side.times, took)
		}
	}
	per := func(t time.Duration) float64 { return 1e6 / t.Seconds() / 1000 }
	ratio := float64(p50(theirs)) / float64(p50(ours))
	fmt.Printf("%-56s gantry %5.1f k/s       %-8s %5.1f k/s       ratio %.2f   goal ≥ 1.70   %s\n",
		fmt.Sprintf("DNS answers a processor second, of %d", dnsRounds), per(p50(ours)), "coredns", per(p50(theirs)), ratio, verdict(ratio >= 1.7))
	return nil
}

// dnsServe is the child: it answers until it is ended.
func dnsServe(address string) error {
	packets, streams, err := dns.Listen(address)
	if err != nil {
		return err
	}
	s := dns.New(dns.Config{Logger: slog.New(slog.DiscardHandler)})
	frame := structs.TrafficFrame{Full: true, Index: 1}
	for n := range dnsNames {
		name := structs.TrafficName{Name: fmt.Sprintf("s%d.default.gantry", n), TTL: 1}
		for a := range 4 {
			name.Addresses = append(name.Addresses, structs.NameAddress{Address: dnsAddress(n, a)})
		}
		frame.Names = append(frame.Names, name)
	}
	s.Apply(frame)
	s.Serve(packets, streams)
	select {}
}

func dnsAddress(name, n int) string { return fmt.Sprintf("10.%d.%d.%d", name/250, name%250, n+1) }

func buildCoreDNS(ctx context.Context, dir string) (string, error) {
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(corednsMain), 0o644); err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"mod", "init", "bench/coredns"}, {"get", "github.com/coredns/coredns@" + corednsVersion}, {"mod", "tidy"}, {"build", "-o", "coredns", "."},
	} {
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build CoreDNS: go %s: %w: %s", strings.Join(args, " "), err, out)
		}
	}
	return filepath.Join(dir, "coredns"), nil
}

// writeDNSFiles writes the names for CoreDNS, its configuration, and the queries.
func writeDNSFiles(dir string) error {
	var hosts, queries strings.Builder
	for n := range dnsNames {
		for a := range 4 {
			fmt.Fprintf(&hosts, "%s s%d.default.gantry\n", dnsAddress(n, a), n)
		}
		fmt.Fprintf(&queries, "s%d.default.gantry A\n", n)
	}
	corefile := fmt.Sprintf("gantry:15353 {\n bind 127.0.0.1\n errors\n hosts %s gantry {\n  ttl 1\n }\n}\n", filepath.Join(dir, "hosts"))
	var errs []error
	for name, content := range map[string]string{"hosts": hosts.String(), "queries": queries.String(), "Corefile": corefile} {
		errs = append(errs, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
	}
	return errors.Join(errs...)
}

// dnsRound runs a server under load, and returns its processor time for a million answers.
func dnsRound(ctx context.Context, dir string, server *exec.Cmd, port string) (time.Duration, error) {
	if err := server.Start(); err != nil {
		return 0, err
	}
	defer func() { _ = server.Process.Kill(); _ = server.Wait() }()
	time.Sleep(time.Second) // it reads its names
	before, err := processorTime(server.Process.Pid)
	if err != nil {
		return 0, err
	}
	out, err := exec.CommandContext(ctx, "dnsperf", "-s", "127.0.0.1", "-p", port, "-d", filepath.Join(dir, "queries"), "-c", "8", "-l", dnsSeconds).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("dnsperf: %w: %s", err, out)
	}
	after, err := processorTime(server.Process.Pid)
	if err != nil {
		return 0, err
	}
	answers := 0
	for line := range strings.Lines(string(out)) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), "Queries completed:"); ok {
			answers, _ = strconv.Atoi(strings.Fields(text)[0])
		}
	}
	if answers == 0 || !strings.Contains(string(out), "NOERROR "+strconv.Itoa(answers)) {
		return 0, fmt.Errorf("not all answers were right: %s", out)
	}
	return time.Duration(float64(after-before) * 1e6 / float64(answers)), nil
}

// processorTime returns the time that a process has used.
func processorTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	const tick = time.Second / 100 // USER_HZ
	return time.Duration(user+system) * tick, errors.Join(err1, err2)
}
