package firelens

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/structs"
)

// Config is what Routers need.
type Config struct {
	// Dir has a directory for each task. Its path must be short: that of a socket has a limit.
	Dir string
	// TaskARN returns the ARN of a task, which the router adds to each record.
	TaskARN func(*structs.Task) string
	// EC2ID is the id of the EC2 instance that stands for this machine; empty: none.
	EC2ID string
}

// Routers are the FireLens routers of the tasks of one container instance.
type Routers struct{ config Config }

var _ task.Resource = (*Routers)(nil)

// New returns the routers of an instance.
func New(c Config) *Routers { return &Routers{c} }

// Where a router's image expects its configuration, and the socket.
var configPaths = map[string]string{
	structs.FirelensFluentd:   "/fluentd/etc/fluent.conf",
	structs.FirelensFluentBit: "/fluent-bit/etc/fluent-bit.conf",
}

const (
	socketDir  = "/var/run/"
	socketName = "fluent.sock"

	// maxSocketPath is Linux's limit for the path of a socket, without the byte that ends it.
	maxSocketPath = 107
)

// Name implements task.Resource.
func (*Routers) Name() string { return "firelens" }

// Needs reports whether the task has a router.
func (*Routers) Needs(as structs.Assignment) bool { return as.Definition.Router() != nil }

// Prepare writes the configuration of the task's router, and says how the router and the containers
// that log to it are run.
func (r *Routers) Prepare(_ context.Context, as structs.Assignment) (runtime.Shared, error) {
	dir := r.dir(as.Task.ID)
	socket := filepath.Join(dir, "socket", socketName)
	if len(socket) > maxSocketPath {
		return runtime.Shared{}, refuse("the path of the router's socket, %s, has %d bytes, and Linux takes %d; start the agent with a shorter --data-dir",
			socket, len(socket), maxSocketPath)
	}
	text, err := r.configuration(as)
	if err != nil {
		return runtime.Shared{}, refuse("unable to generate firelens config file: %v", err)
	}
	file := filepath.Join(dir, "config", "fluent.conf")
	if err := writeAll(dir, file, text); err != nil {
		return runtime.Shared{}, fmt.Errorf("write the configuration of the router: %w", err)
	}
	router := as.Definition.Router()
	shared := runtime.Shared{
		Binds: map[string][]runtime.Bind{router.Name: {
			{HostPath: file, Path: configPaths[router.FirelensConfiguration.Type]},
			{HostPath: filepath.Dir(socket), Path: socketDir},
		}},
		Logging:     map[string]structs.LogConfiguration{},
		Environment: environment(as.Definition),
	}
	for i := range as.Definition.ContainerDefinitions {
		if c := &as.Definition.ContainerDefinitions[i]; c.IsRouted() {
			shared.Logging[c.Name] = driver(c, as.Task.ID, socket)
		}
	}
	return shared, nil
}

// writeAll makes the directories of a router and writes its configuration. The socket's directory
// can be written by a router that is not root.
func writeAll(dir, file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	sockets := filepath.Join(dir, "socket")
	if err := errors.Join(os.MkdirAll(sockets, 0o777), os.Chmod(sockets, 0o777)); err != nil {
		return err
	}
	// A file that is mounted already must stay the one that it is.
	if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, text) {
		return nil
	}
	if err := os.WriteFile(file+".new", text, 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// refuse returns the error of a router that a task cannot have.
func refuse(format string, args ...any) error {
	return &runtime.Error{Name: task.ResourceInitialization, Reason: fmt.Sprintf(format, args...)}
}

func (r *Routers) dir(task string) string { return filepath.Join(r.config.Dir, task) }

// Release removes the directory of a task.
func (r *Routers) Release(_ context.Context, task string) error { return os.RemoveAll(r.dir(task)) }

// Sweep removes the directories of tasks that the agent does not hold.
func (r *Routers) Sweep(_ context.Context, holds func(task string) bool) error {
	entries, err := os.ReadDir(r.config.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	errs := []error{err}
	for _, e := range entries {
		if !holds(e.Name()) {
			errs = append(errs, os.RemoveAll(r.dir(e.Name())))
		}
	}
	return errors.Join(errs...)
}
