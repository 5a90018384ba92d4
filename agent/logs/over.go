package logs

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"strings"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
)

// labelStream is the label of a container that describes its stream.
const labelStream = "gantry.logs"

// drainWait is how long the removal of a container may wait for what it wrote to be read.
const drainWait = 10 * time.Second

// Over returns an engine whose containers' output is kept: a container is read from its start on,
// those that are found are read on, and none is removed before it was read to its end.
func (l *Logs) Over(engine runtime.Runtime) runtime.Runtime {
	l.engine = engine
	return &overEngine{engine, l}
}

type overEngine struct {
	runtime.Runtime
	logs *Logs
}

func (o *overEngine) CreateContainer(ctx context.Context, spec runtime.ContainerSpec) (string, error) {
	text, err := json.Marshal(describe(&spec))
	if err != nil {
		return "", err
	}
	spec.Labels = maps.Clone(spec.Labels)
	spec.Labels[labelStream] = string(text)
	id, err := o.Runtime.CreateContainer(ctx, spec)
	if err == nil {
		o.logs.see(runtime.ContainerState{ID: id, Labels: spec.Labels, State: runtime.ContainerCreated})
	}
	return id, err
}

func (o *overEngine) StartContainer(ctx context.Context, id string) (runtime.ContainerState, error) {
	state, err := o.Runtime.StartContainer(ctx, id)
	o.logs.see(state)
	return state, err
}

func (o *overEngine) RestartContainer(ctx context.Context, id string, startedAt structs.Time) (runtime.ContainerState, error) {
	state, err := o.Runtime.RestartContainer(ctx, id, startedAt)
	o.logs.see(state)
	return state, err
}

func (o *overEngine) ListContainers(ctx context.Context) ([]runtime.ContainerState, error) {
	list, err := o.Runtime.ListContainers(ctx)
	if err == nil {
		o.logs.seeAll(list)
	}
	return list, err
}

func (o *overEngine) InspectContainer(ctx context.Context, id string) (runtime.ContainerState, bool, error) {
	state, ok, err := o.Runtime.InspectContainer(ctx, id)
	if ok {
		o.logs.see(state)
	}
	return state, ok, err
}

// RemoveContainer reads the container's output to its end first, for a while. What it writes
// until it is really gone is read after that.
func (o *overEngine) RemoveContainer(ctx context.Context, id string) error {
	f := o.logs.follower(id)
	if f == nil {
		return o.Runtime.RemoveContainer(ctx, id)
	}
	waiting, cancel := context.WithTimeout(ctx, drainWait)
	f.caughtUp(waiting)
	cancel()
	err := o.Runtime.RemoveContainer(ctx, id)
	if err == nil {
		f.removed.Store(true)
		wait.Nudge(f.news)
	}
	return err
}

// describe describes the stream of a container that is to be created.
func describe(spec *runtime.ContainerSpec) description {
	d := description{
		Cluster: spec.Labels[runtime.LabelCluster], Task: spec.Labels[runtime.LabelTask], Container: spec.Labels[runtime.LabelContainer],
	}
	d.Service, _ = strings.CutPrefix(spec.Group, structs.ServiceGroup(""))
	if d.Service == spec.Group {
		d.Service = ""
	}
	d.Name = d.Container + "/" + d.Task
	if c := spec.Definition.LogConfiguration; c != nil && c.LogDriver == structs.LogDriverAwslogs {
		a, err := structs.ParseAwslogs(c.Options)
		if err != nil { // the engine's creation fails
			return d
		}
		d.Group, d.Region, d.Multiline = a.Group, a.Region, a.Multiline
		d.Name = a.StreamName(d.Container, d.Task, "")
	}
	return d
}

// describeState describes the stream of a container of the engine.
func describeState(state *runtime.ContainerState) (d description) {
	if json.Unmarshal([]byte(state.Labels[labelStream]), &d) != nil { // an earlier version created it
		d = describe(&runtime.ContainerSpec{Labels: state.Labels})
	}
	d.Name = cmp.Or(d.Name, state.ID)
	return d
}

// seeAll learns the state of all containers of the instance.
func (l *Logs) seeAll(list []runtime.ContainerState) {
	there := map[string]bool{}
	for _, state := range list {
		there[state.ID] = true
		l.see(state)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.finished, func(id string, _ structs.Time) bool { return !there[id] })
}

// see learns the state of a container. It follows one before it starts, as it may write much at
// once.
func (l *Logs) see(state runtime.ContainerState) {
	if state.Labels[runtime.LabelTask] == "" {
		return
	}
	l.mu.Lock()
	f := l.followers[state.ID]
	readOf, finished := l.finished[state.ID]
	l.mu.Unlock()
	ended := state.State == runtime.ContainerExited
	if finished && ended && readOf == state.StartedAt {
		return
	}
	if f == nil {
		f = l.follow(l.stream(describeState(&state)), state.ID)
	}
	if f == nil {
		return
	}
	started := f.started.Swap(int64(state.StartedAt)) != int64(state.StartedAt)
	if f.ended.Swap(ended) != ended && ended {
		l.mu.Lock()
		l.finished[state.ID] = state.StartedAt
		l.mu.Unlock()
		started = true
	}
	if started {
		wait.Nudge(f.news)
	}
}

// follow begins to read a container's output. It returns nil if the logs are not started.
func (l *Logs) follow(s *stream, id string) *follower {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx == nil || l.ctx.Err() != nil {
		return nil
	}
	if f := l.followers[id]; f != nil {
		return f
	}
	f := &follower{
		logs: l, stream: s, id: id, log: l.log.With("task", s.about.Task, "container", s.about.Container),
		news: make(chan struct{}, 1), asked: make(chan chan bool), done: make(chan struct{}),
	}
	s.mu.Lock()
	s.live++
	s.mu.Unlock()
	l.followers[id] = f
	l.work.Go(func() { f.run(l.ctx) })
	return f
}

func (l *Logs) follower(id string) *follower {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.followers[id]
}
