package hosts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gantry-project/gantry/testutil"
)

// ClusterConfig describes a cluster.
type ClusterConfig struct {
	// Binary is the gantry binary. Required.
	Binary string
	// Servers and Agents are the numbers of servers and agents, each on a host of its own, in the
	// zones a, b, c and so on. Each agent has its own engine, with testutil.AppImage on it.
	Servers, Agents int
	// Disk is the size of each server's disk in MiB. Zero: servers have no disk of their own and
	// write to the machine's.
	Disk int
	// LogLevel is that of all processes. Empty: info.
	LogLevel string
}

// Cluster is a secured cluster of real processes on a Network.
type Cluster struct {
	*Network
	Servers []*Server
	Agents  []*Agent

	config         ClusterConfig
	secret, caFile string // files
	calls          calls
}

// Server is a host with a gantry server.
type Server struct {
	*Host
	*Process
	Data    string // its data directory
	cluster *Cluster
}

// Agent is a host with an engine and a gantry agent.
type Agent struct {
	*Host
	*Process
	Zone    string
	Flags   []string // of the next start, beside those that every agent has
	cluster *Cluster
}

// formWait bounds the wait until a cluster takes calls.
const formWait = time.Minute

// NewCluster starts a cluster and waits until it takes calls. Agents may not have registered yet.
func NewCluster(ctx context.Context, config ClusterConfig) (*Cluster, error) {
	network, err := Open()
	if err != nil {
		return nil, err
	}
	c := &Cluster{Network: network, config: config, secret: filepath.Join(root, "cluster.key"), caFile: filepath.Join(root, "ca.pem")}
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context) error {
	if err := c.makeSecret(); err != nil {
		return err
	}
	for i := range c.config.Servers {
		if err := c.addServer(i); err != nil {
			return err
		}
	}
	for _, s := range c.Servers {
		if err := s.Start(); err != nil {
			return err
		}
	}
	if err := c.addAgents(ctx); err != nil {
		return err
	}
	return c.bootstrap(ctx)
}

// gantry runs a command of the binary on this machine and returns what it printed.
func (c *Cluster) gantry(args ...string) (string, error) {
	out, err := exec.Command(c.config.Binary, args...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("gantry %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return string(out), err
}

func (c *Cluster) makeSecret() error {
	secret, err := c.gantry("keygen")
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.secret, []byte(secret), 0o600); err != nil {
		return err
	}
	ca, err := c.gantry("ca", "--secret-file", c.secret)
	if err != nil {
		return err
	}
	return os.WriteFile(c.caFile, []byte(ca), 0o600)
}

func (c *Cluster) addServer(i int) error {
	h, err := c.Add(fmt.Sprintf("server%d", i+1), 11+i)
	if err != nil {
		return err
	}
	s := &Server{Host: h, Data: filepath.Join(h.Dir, "data"), cluster: c}
	c.Servers = append(c.Servers, s)
	if c.config.Disk == 0 {
		return os.Mkdir(s.Data, 0o700)
	}
	return mountDisk(s.Data, c.config.Disk)
}

// addAgents starts the engines at the same time and then the agents.
func (c *Cluster) addAgents(ctx context.Context) error {
	for i := range c.config.Agents {
		h, err := c.Add(fmt.Sprintf("agent%d", i+1), 101+i)
		if err != nil {
			return err
		}
		c.Agents = append(c.Agents, &Agent{Host: h, Zone: zone(i), cluster: c})
	}
	var starting sync.WaitGroup
	errs := make([]error, len(c.Agents))
	for i, a := range c.Agents {
		starting.Go(func() {
			if errs[i] = a.StartEngine(); errs[i] == nil {
				errs[i] = testutil.BuildImage(ctx, a.DockerHost(), testutil.AppImage)
			}
			if errs[i] == nil {
				errs[i] = a.Start()
			}
		})
	}
	starting.Wait()
	return errors.Join(errs...)
}

func zone(i int) string { return string(rune('a' + i)) }

// Start starts the server on its data directory, whatever that holds.
func (s *Server) Start() (err error) {
	c := s.cluster
	var others []string
	for _, other := range c.Servers {
		if other != s {
			others = append(others, other.Address)
		}
	}
	s.Process, err = s.Host.Start("gantry", nil, c.config.Binary, "server", "--data-dir", s.Data, "--bind", s.Address, "--name", s.Host.Name,
		"--bootstrap-expect", fmt.Sprint(c.config.Servers), "--join", strings.Join(others, ","), "--secret-file", c.secret,
		"--zone", zone(s.number()), "--log-level", c.logLevel())
	return err
}

func (s *Server) number() int {
	for i, other := range s.cluster.Servers {
		if s == other {
			return i
		}
	}
	return -1
}

func (c *Cluster) logLevel() string {
	if c.config.LogLevel == "" {
		return "info"
	}
	return c.config.LogLevel
}

// Start starts the agent on its data directory, whatever that holds.
func (a *Agent) Start() (err error) {
	c := a.cluster
	var servers []string
	for _, s := range c.Servers {
		servers = append(servers, s.Address)
	}
	command := append([]string{c.config.Binary, "agent", "--data-dir", filepath.Join(a.Dir, "agent"),
		"--bind", a.Address, "--name", a.Host.Name, "--join", strings.Join(servers, ","), "--secret-file", c.secret,
		"--zone", a.Zone, "--log-level", c.logLevel()}, a.Flags...)
	a.Process, err = a.Host.Start("gantry", []string{"DOCKER_HOST=" + a.DockerHost()}, command...)
	return err
}

// Die ends the agent and its containers at one moment, as the loss of the machine does. It leaves
// the engine, which takes long to start.
func (a *Agent) Die() {
	a.Signal(syscall.SIGKILL)
	a.KillContainers()
	a.Kill()
}

// bootstrap waits until the cluster takes calls, and makes the access key that calls are signed
// with.
func (c *Cluster) bootstrap(ctx context.Context) error {
	if err := c.calls.trust(c.caFile); err != nil {
		return err
	}
	for deadline := time.Now().Add(formWait); ; time.Sleep(50 * time.Millisecond) {
		out, err := c.gantry("bootstrap", "--address", c.Servers[0].URL(), "--secret-file", c.secret)
		if err == nil {
			return c.calls.sign(out)
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return fmt.Errorf("no cluster forms: %w\n%s", err, c.Servers[0].Log())
		}
	}
}

// Gantry runs a command of the binary that asks a server.
func (s *Server) Gantry(args ...string) (string, error) {
	cmd := exec.Command(s.cluster.config.Binary, append(args, "--address", s.URL(), "--ca-file", s.cluster.caFile)...)
	cmd.Env = append(os.Environ(), s.cluster.calls.env()...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("gantry %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return string(out), err
}
