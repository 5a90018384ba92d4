package docker

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/versions"
	"github.com/docker/docker/pkg/stdcopy"

	"github.com/gantry-project/gantry/agent/runtime"
)

// execSizes is the API version from which on a terminal has its size before the command starts.
const execSizes = "1.42"

// StartExec runs a command in a container of this instance.
func (e *Engine) StartExec(ctx context.Context, id string, spec runtime.ExecSpec) (runtime.Exec, error) {
	c, err := e.api.ContainerInspect(ctx, id)
	switch {
	case errdefs.IsNotFound(err) || err == nil && !e.owns(c.Config.Labels):
		return nil, &runtime.Error{Name: runtime.CannotStartExec, Reason: "there is no such container"}
	case err != nil:
		return nil, failure(ctx, runtime.CannotStartExec, err)
	}
	size := &[2]uint{spec.Rows, spec.Columns}
	if !spec.TTY || spec.Rows == 0 || spec.Columns == 0 || versions.LessThan(e.api.ClientVersion(), execSizes) {
		size = nil
	}
	made, err := e.api.ContainerExecCreate(ctx, id, container.ExecOptions{
		Cmd: spec.Command, User: spec.User, Tty: spec.TTY, ConsoleSize: size, Env: execEnvironment(c.Config.Env, spec),
		AttachStdin: spec.Input, AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return nil, failure(ctx, runtime.CannotStartExec, err)
	}
	// The stream is to outlive the call.
	streams, err := e.api.ContainerExecAttach(context.WithoutCancel(ctx), made.ID, container.ExecAttachOptions{Tty: spec.TTY, ConsoleSize: size})
	if err != nil {
		return nil, failure(ctx, runtime.CannotStartExec, err)
	}
	x := &exec{api: e.api, id: made.ID, streams: streams, tty: spec.TTY}
	if size == nil && spec.TTY {
		_ = x.Resize(ctx, spec.Columns, spec.Rows) // it may have ended already
	}
	return x, nil
}

// execEnvironment returns the variables that a command gets besides those of its container.
func execEnvironment(has []string, spec runtime.ExecSpec) (env []string) {
	all := maps.Clone(spec.Defaults)
	for _, variable := range has {
		name, _, _ := strings.Cut(variable, "=")
		delete(all, name)
	}
	for _, from := range []map[string]string{all, spec.Environment} {
		for _, name := range slices.Sorted(maps.Keys(from)) {
			env = append(env, name+"="+from[name])
		}
	}
	return env
}

// exec is a command in a container.
type exec struct {
	api     api
	id      string
	streams types.HijackedResponse
	tty     bool
}

func (x *exec) Write(b []byte) (int, error) { return x.streams.Conn.Write(b) }
func (x *exec) CloseInput() error           { return x.streams.CloseWrite() }

func (x *exec) Close() error {
	x.streams.Close()
	return nil
}

func (x *exec) Copy(stdout, stderr io.Writer) (err error) {
	if x.tty {
		_, err = io.Copy(stdout, x.streams.Reader)
		return err
	}
	_, err = stdcopy.StdCopy(stdout, stderr, x.streams.Reader)
	return err
}

func (x *exec) Resize(ctx context.Context, columns, rows uint) error {
	if columns == 0 || rows == 0 {
		return nil
	}
	if err := x.api.ContainerExecResize(ctx, x.id, container.ResizeOptions{Width: columns, Height: rows}); err != nil {
		return fmt.Errorf("change the size of a terminal: %w", err)
	}
	return nil
}

func (x *exec) State(ctx context.Context) (runtime.ExecState, error) {
	state, err := x.api.ContainerExecInspect(ctx, x.id)
	if err != nil {
		return runtime.ExecState{}, fmt.Errorf("inspect a command in a container: %w", err)
	}
	return runtime.ExecState{Running: state.Running, PID: state.Pid, ExitCode: state.ExitCode}, nil
}
