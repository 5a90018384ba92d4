package proxies

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Names are the proxies there are, ours first.
var Names = []string{"gantry", "nginx", "haproxy", "caddy"}

// Proxy is one that runs.
type Proxy struct {
	Name, Version string
	Plain, TLS    string // addresses
	command       *exec.Cmd
	output        string // the path of its log
	dir           string
	targets       []string
}

// Restart ends the proxy and starts it anew.
func (p *Proxy) Restart(ctx context.Context) (*Proxy, error) {
	if err := p.Close(); err != nil {
		return nil, err
	}
	return Start(ctx, p.dir, p.Name, p.targets...)
}

// ErrMissing is that the program of a proxy is not installed.
var ErrMissing = errors.New("it is not installed")

// Start starts a proxy that sends requests to the targets (host:port), and waits until it listens.
// Its files are in dir.
func Start(ctx context.Context, dir, name string, targets ...string) (*Proxy, error) {
	p := &Proxy{Name: name, Plain: FreeAddress(), TLS: FreeAddress(), output: filepath.Join(dir, "log"), dir: dir, targets: targets}
	if err := writeCertificate(dir); err != nil {
		return nil, err
	}
	command, version, err := p.program(ctx, dir, targets)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	log, err := os.Create(p.output)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p.command, p.Version = command, version
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, address := range []string{p.Plain, p.TLS} {
		if err := awaitListener(ctx, address); err != nil {
			text, _ := os.ReadFile(p.output)
			return nil, errors.Join(fmt.Errorf("%s: %w: %s", name, err, text), p.Close())
		}
	}
	return p, nil
}

func (p *Proxy) program(ctx context.Context, dir string, targets []string) (*exec.Cmd, string, error) {
	switch p.Name {
	case "gantry":
		return ours(ctx, dir, p, targets)
	case "nginx":
		return nginx(ctx, dir, p, targets)
	case "haproxy":
		return haproxy(ctx, dir, p, targets)
	case "caddy":
		return caddy(ctx, dir, p, targets)
	}
	return nil, "", errors.New("there is no such proxy")
}

// Close ends the proxy with its workers.
func (p *Proxy) Close() error {
	if err := syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL); err != nil {
		return err
	}
	p.command.Wait()
	return nil
}

// processes are those of the proxy: nginx and HAProxy have workers.
func (p *Proxy) processes() []int {
	pid := p.command.Process.Pid
	pids := []int{pid}
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for _, field := range strings.Fields(string(children)) {
		if child, err := strconv.Atoi(field); err == nil {
			pids = append(pids, child)
		}
	}
	return pids
}

// Processor returns the processor time that it has used, in seconds.
func (p *Proxy) Processor() (seconds float64) {
	for _, pid := range p.processes() {
		raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, rest, _ := strings.Cut(string(raw), ") ")
		if fields := strings.Fields(rest); len(fields) > 12 {
			user, _ := strconv.Atoi(fields[11])
			system, _ := strconv.Atoi(fields[12])
			seconds += float64(user+system) / 100
		}
	}
	return seconds
}

// Memory returns its memory in bytes (PSS).
func (p *Proxy) Memory() (bytes int64) {
	for _, pid := range p.processes() {
		raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		for line := range strings.Lines(string(raw)) {
			if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "Pss:" {
				n, _ := strconv.ParseInt(fields[1], 10, 64)
				bytes += n << 10
			}
		}
	}
	return bytes
}

// FreeAddress returns a loopback address with a port that nobody listens on.
func FreeAddress() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "127.0.0.1:0"
	}
	defer l.Close()
	return l.Addr().String()
}

func awaitListener(ctx context.Context, address string) error {
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		c, err := net.Dial("tcp", address)
		if err == nil {
			return c.Close()
		}
		if time.Now().After(end) || ctx.Err() != nil {
			return err
		}
	}
}
