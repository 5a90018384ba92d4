package docker

import (
	"context"
	"fmt"
	"net"
	goruntime "runtime"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
	"golang.org/x/sys/unix"

	"github.com/gantry-project/gantry/agent/runtime"
)

// StartPause creates and starts a pause, or returns the one of that name.
func (e *Engine) StartPause(ctx context.Context, name string) (runtime.Pause, error) {
	p, ok, err := e.startPause(ctx, name)
	if err == nil && !ok {
		err = fmt.Errorf("pause %s was removed while it started", name)
	}
	if err != nil {
		return runtime.Pause{}, failure(ctx, cannotStart, err)
	}
	return p, nil
}

func (e *Engine) startPause(ctx context.Context, name string) (p runtime.Pause, ok bool, err error) {
	err = e.createPause(ctx, name)
	if errdefs.IsNotFound(err) { // no image
		if err = e.loadPauseImage(ctx); err == nil {
			err = e.createPause(ctx, name)
		}
	}
	if err != nil && !errdefs.IsConflict(err) {
		return p, false, fmt.Errorf("create pause %s: %w", name, err)
	}
	if err != nil { // it exists
		if p, ok, err = e.FindPause(ctx, name); err != nil || !ok || p.Running {
			return p, ok, err
		}
		c, err := e.api.ContainerInspect(ctx, name)
		if err != nil || c.State.Status != container.StateCreated {
			return p, ok, err
		}
	}
	if err := e.api.ContainerStart(ctx, name, container.StartOptions{}); err != nil {
		return p, false, fmt.Errorf("start pause %s: %w", name, err)
	}
	return e.FindPause(ctx, name)
}

func (e *Engine) createPause(ctx context.Context, name string) error {
	image, err := newPauseImage(goruntime.GOARCH)
	if err != nil {
		return err
	}
	_, err = e.api.ContainerCreate(ctx, &container.Config{
		Image:  image.name,
		Labels: map[string]string{runtime.LabelInstance: e.instance, runtime.LabelRole: runtime.RolePause},
		// The first process of a namespace ignores signals without a handler, but not this one. An
		// engine that stops would wait for it otherwise.
		StopSignal: "SIGKILL",
	}, &container.HostConfig{
		NetworkMode:   "none",
		IpcMode:       container.IPCModeShareable,
		RestartPolicy: container.RestartPolicy{Name: container.RestartPolicyDisabled},
		LogConfig:     container.LogConfig{Type: "none"},
		CapDrop:       []string{"ALL"},
		SecurityOpt:   []string{"no-new-privileges"},
	}, nil, nil, name)
	return err
}

// RenamePause gives a pause another name. The engine does that whole or not at all.
func (e *Engine) RenamePause(ctx context.Context, id, name string) (ok bool, err error) {
	err = e.api.ContainerRename(ctx, id, name)
	if errdefs.IsNotFound(err) || errdefs.IsConflict(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("rename pause %s to %s: %w", id, name, err)
	}
	return true, nil
}

// FindPause returns a pause of this instance by its id or name.
func (e *Engine) FindPause(ctx context.Context, idOrName string) (p runtime.Pause, ok bool, err error) {
	c, err := e.api.ContainerInspect(ctx, idOrName)
	switch {
	case errdefs.IsNotFound(err):
		return runtime.Pause{}, false, nil
	case err != nil:
		return runtime.Pause{}, false, fmt.Errorf("inspect pause %s: %w", idOrName, err)
	case !e.owns(c.Config.Labels) || !isPause(c.Config.Labels):
		return runtime.Pause{}, false, fmt.Errorf("container %s is not a pause of this instance, but has its name; remove it", idOrName)
	}
	p = runtime.Pause{ID: c.ID, Name: strings.TrimPrefix(c.Name, "/"), Hostname: c.Config.Hostname}
	if c.State.Running && !c.State.Restarting {
		p.Running, p.PID = true, c.State.Pid
	}
	return p, true, nil
}

// ListPauses lists this instance's pauses, and the tasks that have other containers.
func (e *Engine) ListPauses(ctx context.Context) (pauses []runtime.Pause, tasks map[string]bool, err error) {
	list, err := e.api.ContainerList(ctx, container.ListOptions{
		All: true, Filters: filters.NewArgs(filters.Arg("label", runtime.LabelInstance+"="+e.instance)),
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list pauses: %w", err)
	}
	tasks = map[string]bool{}
	for _, c := range list {
		switch {
		case !isPause(c.Labels):
			tasks[c.Labels[runtime.LabelTask]] = true
		case len(c.Names) > 0: // it has none while it is removed
			pauses = append(pauses, runtime.Pause{ID: c.ID, Name: strings.TrimPrefix(c.Names[0], "/"), Running: c.State == container.StateRunning})
		}
	}
	return pauses, tasks, nil
}

// RemovePause removes a pause, and with it what only its namespaces held.
func (e *Engine) RemovePause(ctx context.Context, id string) error { return e.RemoveContainer(ctx, id) }

// EngineProcess returns the process at the other end of the engine's socket, or zero.
func (e *Engine) EngineProcess(ctx context.Context) (pid int, err error) {
	path, ok := strings.CutPrefix(e.host, "unix://")
	if !ok {
		return 0, nil
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	raw, err := conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		return 0, err
	}
	var peer *unix.Ucred
	var failed error
	err = raw.Control(func(fd uintptr) { peer, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) })
	if err != nil || failed != nil {
		return 0, fmt.Errorf("ask who answers at %s: %w", e.host, firstOf(err, failed))
	}
	return int(peer.Pid), nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func isPause(labels map[string]string) bool { return labels[runtime.LabelRole] == runtime.RolePause }

// pauseEvent translates an event of a pause: only the end of one that belongs to a task is news.
func pauseEvent(m events.Message) (event runtime.Event, ok bool) {
	p := runtime.Pause{Name: m.Actor.Attributes["name"]}
	return runtime.Event{ID: m.Actor.ID, Task: p.Task(), Pause: true}, m.Action == events.ActionDie && p.Task() != ""
}
