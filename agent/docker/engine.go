// Package docker runs containers on a Docker Engine, from 20.10 (API 1.41) up to today's. It is the
// real implementation of agent/runtime, and nothing else imports docker/docker.
//
// An Engine serves one container instance: it sees and touches only containers whose label
// gantry.instance has its id, so several agents can share one container engine.
package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/system"
	"github.com/docker/docker/client"

	"github.com/gantry-project/gantry/agent/runtime"
)

const (
	// infoTimeout limits the first call, because an engine may accept connections and never answer.
	infoTimeout = 15 * time.Second
	// idleConnections is how many connections to the engine are kept open for later calls. An agent
	// starts about eight containers at a time, and inspects others meanwhile.
	idleConnections = 32
)

// Config describes which engine to use, and for which instance.
type Config struct {
	// Host is the engine's address: unix:///path or tcp://host:port. If empty, it is $DOCKER_HOST
	// or Docker's own default.
	Host string
	// Instance is the ContainerInstance.ID whose containers are seen. If empty, none are until
	// ForInstance is called; Info and images still work.
	Instance string
	// AllowPrivileged lets containers be privileged.
	AllowPrivileged bool
	// Logger, if not nil, logs lost connections.
	Logger *slog.Logger
}

// Engine is a Docker Engine as seen by one container instance. Its methods may be called from many
// goroutines once Info has succeeded: the first call negotiates the API version with the engine.
type Engine struct {
	// KilledForMemory, if not nil, reports whether a container of a task really lost a process when
	// the engine says that it lacked memory. It is set before the first use.
	KilledForMemory func(task, container string) bool

	api        api
	host       string
	instance   string
	log        *slog.Logger
	registries *registries
	ports      *hostPorts
	privileged bool         // containers may be privileged
	fewFiles   *atomic.Bool // the engine cannot give containers the default of nofile
	quota      *quota
	known      *atomic.Pointer[knownEngine] // as Info has it
	close      func() error
}

// New returns an Engine. It does not connect yet: Info does.
func New(cfg Config) (*Engine, error) {
	host := cmp.Or(cfg.Host, os.Getenv(client.EnvOverrideHost), client.DefaultDockerHost)
	transport := &http.Transport{
		MaxIdleConns:        idleConnections,
		MaxIdleConnsPerHost: idleConnections,
		IdleConnTimeout:     30 * time.Second,
	}
	api, err := client.NewClientWithOpts(
		client.WithHTTPClient(&http.Client{Transport: transport, CheckRedirect: client.CheckRedirect}),
		client.WithTLSClientConfigFromEnv(),
		client.WithHost(host),
		client.WithVersionFromEnv(),
		client.WithAPIVersionNegotiation(),
	)
	if err != nil {
		return nil, fmt.Errorf("use Docker Engine at %s: %w", host, err)
	}
	log := cfg.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Engine{
		api: api, host: host, instance: cfg.Instance, log: log, privileged: cfg.AllowPrivileged,
		registries: newRegistries(), ports: newHostPorts(), fewFiles: new(atomic.Bool),
		quota: new(quota), known: new(atomic.Pointer[knownEngine]), close: api.Close,
	}, nil
}

// ForInstance returns the same engine, with the same connections, as seen by another container
// instance.
func (e *Engine) ForInstance(id string) *Engine {
	other := *e
	other.instance = id
	return &other
}

// Close closes idle connections, including those of every Engine that ForInstance returned.
func (e *Engine) Close() error { return e.close() }

// owns reports whether a container with these labels belongs to this instance.
func (e *Engine) owns(labels map[string]string) bool {
	return e.instance != "" && labels[runtime.LabelInstance] == e.instance
}

// Info describes the engine's machine. If no engine answers, the error explains how to get one
// running.
func (e *Engine) Info(ctx context.Context) (runtime.Info, error) {
	ctx, cancel := context.WithTimeout(ctx, infoTimeout)
	defer cancel()
	info, err := e.api.Info(ctx)
	if err != nil {
		return runtime.Info{}, e.explain(err)
	}
	version, err := e.api.ServerVersion(ctx)
	if err != nil {
		return runtime.Info{}, e.explain(err)
	}
	if err := e.refusePodman(version); err != nil {
		return runtime.Info{}, err
	}
	e.known.Store(&knownEngine{root: info.DockerRootDir, logDriver: info.LoggingDriver})
	return runtime.Info{
		Version:      info.ServerVersion,
		Hostname:     info.Name,
		CPUs:         info.NCPU,
		Memory:       info.MemTotal / mebibyte,
		OSType:       info.OSType,
		Architecture: architecture(info.Architecture),
		LogDrivers:   info.Plugins.Log,
		DataRoot:     info.DockerRootDir,
		Quota:        e.findQuota(ctx, info),
		Kernel:       info.KernelVersion,
		// 20.10 and later have these two
		CgroupVersion: info.CgroupVersion, CgroupDriver: info.CgroupDriver,
		Rootless: hasSecurity(info, "rootless"),
		AppArmor: hasSecurity(info, "apparmor"), SELinux: hasSecurity(info, "selinux"),
	}, nil
}

// hasSecurity reports whether an engine has a security option. Its text is "name=NAME", with more
// after a comma.
func hasSecurity(info system.Info, name string) bool {
	return slices.ContainsFunc(info.SecurityOptions, func(option string) bool {
		option, _, _ = strings.Cut(option, ",")
		return option == "name="+name
	})
}

// Ping returns an error if the engine does not work. It also lists a container, because an engine
// may still answer pings when it does nothing else.
func (e *Engine) Ping(ctx context.Context) error {
	if _, err := e.api.Ping(ctx); err != nil {
		return err
	}
	_, err := e.api.ContainerList(ctx, container.ListOptions{Limit: 1})
	return err
}

// explain turns the error of the first call into advice for a person.
func (e *Engine) explain(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("no permission to use the Docker Engine at %s: %w. "+
			"Run as root, or join the group docker (usermod -aG docker $USER) and log in again", e.host, err)
	case client.IsErrConnectionFailed(err), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no Docker Engine answers at %s. Install and start it: "+
			"apt-get install docker.io, then systemctl start docker, or run dockerd. If it listens elsewhere, set DOCKER_HOST. (%w)", e.host, err)
	default:
		return fmt.Errorf("ask the Docker Engine at %s about its machine: %w", e.host, err)
	}
}

// architecture returns ECS's word for the kernel's name of a processor.
func architecture(machine string) string {
	if machine == "aarch64" {
		return "arm64"
	}
	return machine
}
