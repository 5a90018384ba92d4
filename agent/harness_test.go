package agent_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/link"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// world is a server, an engine and an agent between them, under fake time.
type world struct {
	t      *testing.T
	engine *testutil.FakeEngine
	server *fakeServer
	dir    string
	change func(*agent.Config)

	agent  *agent.Agent
	cancel context.CancelFunc
	ended  chan error
}

// inWorld runs a test in a world of its own with a started agent. Goroutines that the agent leaves
// behind fail the test.
func inWorld(t *testing.T, test func(*world)) {
	t.Helper()
	inWorldWith(t, nil, test)
}

// inWorldWith is inWorld with a change of the agent's configuration.
func inWorldWith(t *testing.T, change func(*agent.Config), test func(*world)) {
	t.Helper()
	faketime.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.change = change
		w.start()
		defer w.stop()
		test(w)
	})
}

func newWorld(t *testing.T) *world {
	return &world{t: t, engine: testutil.NewFakeEngine(), server: newFakeServer(), dir: t.TempDir()}
}

// start starts an agent and waits until it is ready.
func (w *world) start() {
	w.launch()
	w.wait(time.Minute)
	if !w.agent.Ready() {
		w.t.Fatal("the agent is not ready after a minute")
	}
}

func (w *world) launch() {
	w.t.Helper()
	cfg := agent.Config{
		DataDir: w.dir, Zone: "a", Version: "1.2.3", Server: w.server,
		Runtime: func(instance string) runtime.Runtime { return w.engine.Runtime(instance) },
		Logger:  slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if w.change != nil {
		w.change(&cfg)
	}
	a, err := agent.New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	w.agent, w.cancel, w.ended = a, cancel, ended
	go func() { ended <- a.Run(ctx) }()
}

// stop ends the agent and waits for it. Containers run on.
func (w *world) stop() {
	w.t.Helper()
	w.cancel()
	if err := <-w.ended; err != nil {
		w.t.Errorf("Run: %v", err)
	}
	w.ended <- nil // it may be stopped again
}

func (w *world) restart() {
	w.stop()
	w.start()
}

// wait lets time pass.
func (w *world) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (w *world) task(id string) structs.Task { return w.server.task(id) }

// expect fails the test when a task is not in a status.
func (w *world) expect(id string, status structs.TaskStatus) structs.Task {
	w.t.Helper()
	task := w.task(id)
	if task.LastStatus != status {
		w.t.Fatalf("task %s is %v (%s, %q), not %v; calls: %q", id, task.LastStatus, task.StopCode, task.StoppedReason, status,
			w.engine.Calls())
	}
	return task
}

func (w *world) running() []string {
	var names []string
	for _, c := range w.engine.All() {
		if c.State == runtime.ContainerRunning {
			names = append(names, c.Name)
		}
	}
	return names
}

func (w *world) expectRunning(names ...string) {
	w.t.Helper()
	if got := w.running(); !slices.Equal(got, names) {
		w.t.Fatalf("running containers are %q, not %q", got, names)
	}
}

// container makes a container definition of the image of the same name.
func container(name string, change ...func(*structs.ContainerDefinition)) structs.ContainerDefinition {
	c := structs.ContainerDefinition{Name: name, Image: name, Memory: new(int32(64))}
	for _, f := range change {
		f(&c)
	}
	return c
}

func nonEssential(c *structs.ContainerDefinition) { c.Essential = new(false) }

func definition(containers ...structs.ContainerDefinition) *structs.TaskDefinition {
	return &structs.TaskDefinition{Family: "web", Revision: 1, ContainerDefinitions: containers}
}

// taskID makes 32 digits of a small number, other ones in front, as container names take those.
func taskID(n int) string { return fmt.Sprintf("%012d%020d", n, n) }

func name(container string, n int) string { return fmt.Sprintf("gantry-web-1-%s-%012d", container, n) }

// fakeServer is the cluster as an agent sees it. Like the real one it never takes a status back.
type fakeServer struct {
	mu        sync.Mutex
	index     uint64
	instances map[string]structs.ContainerInstance
	tasks     map[string]*structs.Assignment
	streams   map[*fakeStream]bool
	history   map[string][]structs.TaskUpdate
	reports   int           // that were taken
	healths   []string      // of the engine, as reported after the registration
	down      bool          // nothing answers
	frozen    bool          // it answers no beat
	behind    time.Duration // by how much later than their time has run out the agent finds that
	opened    int           // streams
	beats     int
	// version of the instance that the newest stream was asked for with
	asked     int64
	noStreams bool               // streams do not open
	noReports bool               // reports fail
	slow      time.Duration      // of a report
	hook      func(point string) // before and after a report
}

func newFakeServer() *fakeServer {
	return &fakeServer{
		instances: map[string]structs.ContainerInstance{}, tasks: map[string]*structs.Assignment{},
		streams: map[*fakeStream]bool{}, history: map[string][]structs.TaskUpdate{},
	}
}

var errDown = structs.Errorf(structs.KindUnavailable, "no server answers")

func (s *fakeServer) Register(_ context.Context, in structs.ContainerInstance) (structs.ContainerInstance, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return in, errDown
	}
	in.Version = s.instances[in.ID].Version + 1
	s.instances[in.ID] = in
	return in, nil
}

func (s *fakeServer) Stream(_ context.Context, instance string, version int64) (link.Stream, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = version
	if s.down || s.noStreams {
		return nil, errDown
	}
	if _, known := s.instances[instance]; !known {
		return nil, structs.Errorf(structs.KindResourceNotFound, "container instance %s is not registered", instance)
	}
	st := &fakeStream{server: s, wake: make(chan struct{}, 1), closed: make(chan struct{})}
	full := structs.AssignmentFrame{Index: s.index, Full: true}
	for _, as := range s.tasks {
		if as.Task.Holds() {
			full.Assignments = append(full.Assignments, clone(*as))
		}
	}
	st.push(full)
	s.streams[st] = true
	s.opened++
	return st, nil
}

func (s *fakeServer) Beat(ctx context.Context, _ string) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.beats++
	if s.frozen {
		behind := s.behind
		s.mu.Unlock()
		<-ctx.Done()
		time.Sleep(behind)
		s.mu.Lock()
	}
	if s.down || s.frozen {
		return time.Time{}, errDown
	}
	return time.Now(), nil
}

func (s *fakeServer) Report(ctx context.Context, _ string, updates []structs.TaskUpdate) error {
	s.mu.Lock()
	hook, slow := s.hook, s.slow
	s.mu.Unlock()
	if hook != nil {
		hook("before Report")
	}
	time.Sleep(slow)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := s.take(updates); err != nil {
		return err
	}
	if hook != nil {
		hook("after Report")
	}
	return ctx.Err()
}

func (s *fakeServer) ReportRuntime(_ context.Context, instance string, health structs.RuntimeHealth) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down || s.noReports {
		return errDown
	}
	in, known := s.instances[instance]
	if !known {
		return structs.Errorf(structs.KindResourceNotFound, "container instance %s is not registered", instance)
	}
	in.Runtime = health
	s.instances[instance] = in
	s.healths = append(s.healths, health.Status)
	return nil
}

func (s *fakeServer) take(updates []structs.TaskUpdate) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down || s.noReports {
		return errDown
	}
	s.reports++
	for _, u := range updates {
		s.history[u.Task] = append(s.history[u.Task], u)
		if as := s.tasks[u.Task]; as != nil && u.Status >= as.Task.LastStatus {
			merge(as.Task, u)
			s.changed(as)
		}
	}
	return nil
}

func merge(t *structs.Task, u structs.TaskUpdate) {
	t.LastStatus, t.Containers = u.Status, u.Containers
	if t.StopCode == "" {
		t.StopCode, t.StoppedReason = u.StopCode, u.StoppedReason
	}
	for _, f := range []struct {
		have *structs.Time
		say  structs.Time
	}{
		{&t.PullStartedAt, u.PullStartedAt}, {&t.PullStoppedAt, u.PullStoppedAt}, {&t.StartedAt, u.StartedAt},
		{&t.StoppingAt, u.StoppingAt}, {&t.ExecutionStoppedAt, u.ExecutionStoppedAt}, {&t.StoppedAt, u.StoppedAt},
	} {
		if *f.have == 0 {
			*f.have = f.say
		}
	}
}

// run places a task of a definition on the instance.
func (s *fakeServer) run(id string, def *structs.TaskDefinition, change ...func(*structs.Assignment)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	as := &structs.Assignment{Definition: def, Task: &structs.Task{
		ID: id, Cluster: "default", TaskDefinition: def.Key(),
		LastStatus: structs.TaskProvisioning, DesiredStatus: structs.TaskRunning,
	}}
	for _, f := range change {
		f(as)
	}
	s.tasks[id] = as
	s.changed(as)
}

func (s *fakeServer) stopTask(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	as := s.tasks[id]
	as.Task.DesiredStatus = structs.TaskStopped
	as.Task.StopCode, as.Task.StoppedReason = structs.StopUserInitiated, structs.ReasonStoppedByUser
	as.Task.StoppingAt = structs.TimeOf(time.Now())
	s.changed(as)
}

// forget takes a task from the instance without a word.
func (s *fakeServer) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index++
	delete(s.tasks, id)
}

func (s *fakeServer) changed(as *structs.Assignment) {
	s.index++
	for st := range s.streams {
		st.push(structs.AssignmentFrame{Index: s.index, Assignments: []structs.Assignment{clone(*as)}})
	}
}

// set changes fields of the server.
func (s *fakeServer) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// mute makes the open streams say nothing any more, as when the other end of a connection has
// vanished.
func (s *fakeServer) mute() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for st := range s.streams {
		st.muted.Store(true)
	}
	clear(s.streams)
}

// setDown makes every call fail and drops the streams.
func (s *fakeServer) setDown(down bool) {
	s.set(func() { s.down = down })
	if down {
		s.dropStreams()
	}
}

func (s *fakeServer) dropStreams() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for st := range s.streams {
		st.once.Do(func() { close(st.closed) })
	}
	clear(s.streams)
}

func (s *fakeServer) task(id string) structs.Task {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.tasks[id].Task
}

// statuses lists what was reported of a task, each status once.
func (s *fakeServer) statuses(id string) []structs.TaskStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []structs.TaskStatus
	for _, u := range s.history[id] {
		list = append(list, u.Status)
	}
	return slices.Compact(list)
}

func clone(as structs.Assignment) structs.Assignment {
	as.Task = new(*as.Task)
	return as
}

type fakeStream struct {
	server *fakeServer
	wake   chan struct{}
	closed chan struct{}
	once   sync.Once
	muted  atomic.Bool
	mu     sync.Mutex
	frames []structs.AssignmentFrame
}

func (st *fakeStream) push(f structs.AssignmentFrame) {
	st.mu.Lock()
	st.frames = append(st.frames, f)
	st.mu.Unlock()
	select {
	case st.wake <- struct{}{}:
	default:
	}
}

func (st *fakeStream) pop() (f structs.AssignmentFrame, ok bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if len(st.frames) == 0 {
		return f, false
	}
	f = st.frames[0]
	st.frames = st.frames[1:]
	return f, true
}

func (st *fakeStream) Next() (structs.AssignmentFrame, error) {
	for {
		if f, ok := st.pop(); ok {
			return f, nil
		}
		select {
		case <-st.closed:
			return structs.AssignmentFrame{}, errors.New("the stream is closed")
		case <-st.wake:
		case <-time.After(5 * time.Second):
			if !st.muted.Load() {
				return structs.AssignmentFrame{}, nil
			}
		}
	}
}

func (st *fakeStream) Close() error {
	st.server.mu.Lock()
	delete(st.server.streams, st)
	st.server.mu.Unlock()
	st.once.Do(func() { close(st.closed) })
	return nil
}
