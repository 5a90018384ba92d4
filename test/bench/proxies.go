package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gantry-project/gantry/testutil/proxies"
)

const (
	proxyPasses  = 3
	proxySeconds = 4
	proxyClients = 64
)

// proxyLoad is one kind of load, with the goals for Gantry beside Caddy and nginx.
type proxyLoad struct {
	name           string
	tls            bool
	args           []string // of h2load
	caddy, nginx   float64
	streamsPerConn int
}

var proxyLoads = []proxyLoad{
	{"HTTP/1.1", false, []string{"--h1", "-c64"}, 1.8, 0.5, 1},
	{"HTTP/1.1 with TLS", true, []string{"--h1", "-c64"}, 1.5, 0.55, 1},
	{"HTTP/2", true, []string{"-c16", "-m4"}, 1.5, 0.4, 4},
}

// proxyFigures are what was measured of one proxy under one load.
type proxyFigures struct {
	rate, processor, p99 []float64 // requests a second, seconds of processor for 100,000, ms
}

// proxyBench has all proxies that are installed, in front of two servers of 1 kB answers.
type proxyBench struct {
	dir     string
	servers *exec.Cmd
	proxies []*proxies.Proxy
}

// balancers measures our proxy beside nginx, HAProxy and Caddy, in turn. The load comes from
// h2load.
func balancers(ctx context.Context) (err error) {
	if _, err := exec.LookPath("h2load"); err != nil {
		fmt.Println("the proxy is not measured: h2load is not installed (nghttp2-client)")
		return nil
	}
	b := &proxyBench{}
	if b.dir, err = os.MkdirTemp("", "proxies"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if err := b.start(ctx); err != nil {
		return err
	}
	half := 0.0
	for _, load := range proxyLoads {
		figures := map[string]*proxyFigures{}
		for range proxyPasses {
			for _, p := range b.proxies {
				if err := b.measure(ctx, p, load, 0, figures); err != nil {
					return err
				}
			}
		}
		load.print(figures)
		if f := figures["nginx"]; f != nil && half == 0 {
			half = median(f.rate) / 2
		}
	}
	if err := b.steady(ctx, half); err != nil {
		return err
	}
	return b.idle(ctx)
}

// start starts the servers (nginx) and the proxies.
func (b *proxyBench) start(ctx context.Context) error {
	targets, err := b.startServers()
	if err != nil {
		return err
	}
	for _, name := range proxies.Names {
		dir := filepath.Join(b.dir, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		p, err := proxies.Start(ctx, dir, name, targets...)
		if errors.Is(err, proxies.ErrMissing) {
			fmt.Println(name, "is left out:", err)
			continue
		} else if err != nil {
			return err
		}
		fmt.Println("measured:", name, p.Version)
		b.proxies = append(b.proxies, p)
	}
	return nil
}

// startServers starts one nginx worker that gives 1 kB on two ports.
func (b *proxyBench) startServers() ([]string, error) {
	targets := []string{proxies.FreeAddress(), proxies.FreeAddress()}
	config := filepath.Join(b.dir, "servers.conf")
	text := fmt.Sprintf(`daemon off; worker_processes 1; pid %[1]s/servers.pid; error_log stderr crit; worker_rlimit_nofile 20000;
events { worker_connections 15000; }
http { access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; default_type text/plain;
	client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
	server { listen %[2]s; listen %[3]s; location / { return 200 "%[4]s"; } } }`, b.dir, targets[0], targets[1], strings.Repeat("x", 1024))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	b.servers = exec.Command("nginx", "-c", config, "-p", b.dir, "-e", "stderr")
	b.servers.Stderr = os.Stderr
	if err := b.servers.Start(); err != nil {
		return nil, fmt.Errorf("the servers behind the proxies (nginx): %w", err)
	}
	time.Sleep(time.Second)
	return targets, nil
}

func (b *proxyBench) close() (err error) {
	for _, p := range b.proxies {
		err = errors.Join(err, p.Close())
	}
	if b.servers != nil && b.servers.Process != nil {
		b.servers.Process.Signal(os.Interrupt) // the master ends its worker
		b.servers.Wait()
	}
	return errors.Join(err, os.RemoveAll(b.dir))
}

var (
	finished = regexp.MustCompile(`finished in [^,]+, ([0-9.]+) req/s`)
	failures = regexp.MustCompile(`(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout`)
)

// measure runs one load on one proxy: at its most, or at a rate.
func (b *proxyBench) measure(ctx context.Context, p *proxies.Proxy, load proxyLoad, rate float64, figures map[string]*proxyFigures) error {
	url := "http://" + p.Plain + "/"
	if load.tls {
		url = "https://" + p.TLS + "/"
	}
	log := filepath.Join(b.dir, "times")
	args := append([]string{"-t1", "-D", strconv.Itoa(proxySeconds), "--log-file", log}, load.args...)
	if rate > 0 {
		args = append(args, "--rps", strconv.Itoa(int(math.Ceil(rate/proxyClients))))
	}
	os.Remove(log)
	before := p.Processor()
	out, err := exec.CommandContext(ctx, "h2load", append(args, url)...).CombinedOutput()
	used := p.Processor() - before
	if err != nil {
		return fmt.Errorf("h2load: %w: %s", err, out)
	}
	match, counts := finished.FindSubmatch(out), failures.FindSubmatch(out)
	times, err := readTimes(log)
	if err != nil || match == nil || counts == nil || len(times) == 0 {
		return fmt.Errorf("h2load said what the bench does not know: %w: %s", err, out)
	}
	if string(counts[2]) != "0" {
		fmt.Printf("%s, %s: %s\n", p.Name, load.name, counts[0])
	}
	f := figures[p.Name]
	if f == nil {
		f = &proxyFigures{}
		figures[p.Name] = f
	}
	persecond, _ := strconv.ParseFloat(string(match[1]), 64)
	f.rate = append(f.rate, persecond)
	f.processor = append(f.processor, used/float64(len(times))*1e5)
	f.p99 = append(f.p99, times[len(times)*99/100])
	return nil
}

// readTimes reads the times of all requests, in ms, in order.
func readTimes(path string) (times []float64, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for line := range bytes.Lines(raw) {
		if fields := bytes.Fields(line); len(fields) == 3 {
			us, _ := strconv.ParseFloat(string(fields[2]), 64)
			times = append(times, us/1000)
		}
	}
	slices.Sort(times)
	return times, nil
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}
