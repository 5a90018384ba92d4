package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/gantry-project/gantry/testutil/proxies"
)

// idleConnections stay below the usual limit of open files, with those to the servers.
const idleConnections = 9800

// print prints the rows of a load.
func (l proxyLoad) print(figures map[string]*proxyFigures) {
	ours := figures["gantry"]
	row := func(what string, of func(*proxyFigures) []float64, format string, goals bool) {
		line := fmt.Sprintf("%-56s gantry "+format, what, median(of(ours)))
		for _, name := range proxies.Names[1:] {
			f := figures[name]
			if f == nil {
				continue
			}
			ratio := median(of(ours)) / median(of(f))
			line += fmt.Sprintf("   %s "+format+" ratio %.2f", name, median(of(f)), ratio)
			if goal := map[string]float64{"nginx": l.nginx, "caddy": l.caddy}[name]; goals && goal > 0 {
				line += fmt.Sprintf(" goal ≥ %.2f %s", goal, verdict(ratio >= goal))
			}
		}
		fmt.Println(line)
	}
	name := fmt.Sprintf("proxy, %s, %d at a time, of %d", l.name, proxyClients, proxyPasses)
	row(name, func(f *proxyFigures) []float64 { return f.rate }, "%6.0f/s", true)
	row("the same: processor for 100,000", func(f *proxyFigures) []float64 { return f.processor }, "%5.1f s", false)
	row("the same: p99", func(f *proxyFigures) []float64 { return f.p99 }, "%5.1f ms", false)
}

// steady measures the times at a rate that all can carry.
func (b *proxyBench) steady(ctx context.Context, rate float64) error {
	if rate == 0 {
		fmt.Println("proxy at a steady rate: not measured without nginx")
		return nil
	}
	figures := map[string]*proxyFigures{}
	load := proxyLoads[0]
	for range proxyPasses {
		for _, p := range b.proxies {
			if err := b.measure(ctx, p, load, rate, figures); err != nil {
				return err
			}
		}
	}
	line := fmt.Sprintf("%-56s gantry %5.1f ms", fmt.Sprintf("proxy, %s, %.0f/s: p99, of %d", load.name, rate, proxyPasses), median(figures["gantry"].p99))
	for _, name := range proxies.Names[1:] {
		if f := figures[name]; f != nil {
			ratio := median(figures["gantry"].p99) / median(f.p99)
			line += fmt.Sprintf("   %s %5.1f ms (%.0f/s) ratio %.2f", name, median(f.p99), median(f.rate), ratio)
			if name == "nginx" {
				line += " goal ≤ 2 " + verdict(ratio <= 2)
			}
		}
	}
	fmt.Println(line)
	return nil
}

// idle measures the memory of connections that wait, each after one request. Each proxy is started
// anew for it.
func (b *proxyBench) idle(ctx context.Context) error {
	for _, secure := range []bool{false, true} {
		memory := map[string]float64{}
		for i, p := range b.proxies {
			fresh, err := p.Restart(ctx)
			if err != nil {
				return err
			}
			b.proxies[i] = fresh
			bytes, err := idleMemory(fresh, secure)
			if err != nil {
				return fmt.Errorf("%s: %w", p.Name, err)
			}
			memory[p.Name] = float64(bytes) / 1e6
		}
		what := map[bool]string{false: "plain", true: "TLS"}[secure]
		line := fmt.Sprintf("%-56s gantry %4.0f MB", fmt.Sprintf("proxy, memory of %d idle connections, %s", idleConnections, what), memory["gantry"])
		for _, name := range proxies.Names[1:] {
			if m := memory[name]; m > 0 {
				line += fmt.Sprintf("   %s %4.0f MB ratio %.2f", name, m, memory["gantry"]/m)
				if name == "caddy" {
					line += " goal ≤ 0.6 " + verdict(memory["gantry"] <= 0.6*m)
				}
			}
		}
		fmt.Println(line)
	}
	return nil
}

// idleMemory opens the connections, does one request on each, and waits for the memory to settle.
func idleMemory(p *proxies.Proxy, secure bool) (int64, error) {
	conns := make([]net.Conn, idleConnections)
	defer func() {
		for _, c := range conns {
			if c != nil {
				c.Close()
			}
		}
	}()
	var group sync.WaitGroup
	failed := make(chan error, idleConnections)
	for worker := range 32 {
		group.Go(func() {
			for i := worker; i < idleConnections; i += 32 {
				c, err := useOnce(p, secure)
				if err != nil {
					failed <- err
					return
				}
				conns[i] = c
			}
		})
	}
	group.Wait()
	if len(failed) > 0 {
		return 0, <-failed
	}
	time.Sleep(20 * time.Second)
	return p.Memory(), nil
}

// useOnce opens a connection and does one request on it.
func useOnce(p *proxies.Proxy, secure bool) (c net.Conn, err error) {
	if secure {
		c, err = tls.Dial("tcp", p.TLS, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
	} else {
		c, err = net.Dial("tcp", p.Plain)
	}
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: web\r\n\r\n"); err != nil {
		return nil, err
	}
	c.SetReadDeadline(time.Now().Add(30 * time.Second))
	var got strings.Builder
	buf := make([]byte, 4096)
	for strings.Count(got.String(), "x") < 1024 {
		n, err := c.Read(buf)
		if err != nil {
			return nil, err
		}
		got.Write(buf[:n])
	}
	return c, nil
}
