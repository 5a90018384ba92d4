package agent_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/link"
	"github.com/gantry-project/gantry/structs"
)

// fakeServer is the cluster as an agent sees it. Like the real one it never takes a status back.
type fakeServer struct {
	mu        sync.Mutex
	index     uint64
	instances map[string]structs.ContainerInstance
	tasks     map[string]*structs.Assignment
	streams   map[*fakeStream]bool
	history   map[string][]structs.TaskUpdate
	pinned    map[string][]structs.PinnedImage // by deployment
	reports   int                              // that were taken
	healths   []string                         // statuses of the engine that were reported after the registration
	down      bool                             // nothing answers
	frozen    bool                             // it answers no beat
	behind    time.Duration                    // how late the agent notices that the time of a beat is over
	opened    int                              // streams
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
		pinned: map[string][]structs.PinnedImage{}, streams: map[*fakeStream]bool{}, history: map[string][]structs.TaskUpdate{},
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
		return nil, structs.ErrInstanceNotRegistered(instance)
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
		return structs.ErrInstanceNotRegistered(instance)
	}
	in.Runtime = health
	s.instances[instance] = in
	s.healths = append(s.healths, health.Status)
	return nil
}

func (s *fakeServer) PinImages(_ context.Context, _, deployment string, images []structs.PinnedImage) ([]structs.PinnedImage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return nil, errDown
	}
	for _, p := range images {
		if structs.PinnedDigest(s.pinned[deployment], p.Container) == "" {
			s.pinned[deployment] = append(s.pinned[deployment], p)
		}
	}
	return s.pinned[deployment], nil
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

// forget takes a task from the instance without telling the agent.
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

// set changes or reads fields of the server.
func (s *fakeServer) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// mute makes the open streams silent, as when the other end of a connection has vanished.
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

// statuses returns the statuses that were reported of a task, without repetitions.
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
