package testutil

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// FakeEngine is a container engine in memory. Like a real one it outlives the agents that use it,
// and several can share it. It works inside testing/synctest. Make it with NewFakeEngine; Runtime
// gives what an agent takes.
type FakeEngine struct {
	mu         sync.Mutex
	images     map[string]FakeImage
	containers map[string]*fakeContainer // by id
	starts     map[string]int            // times each container, by name, began to run
	calls      []string
	hook       func(point string)
	away       bool
	mute       bool                     // no event is told
	hung       map[string]chan struct{} // by instance; closed when its engine goes on
	frozen     map[string]chan struct{} // by instance; closed when its agent goes on
	made       int                      // ids and host ports so far
	busy       int                      // creates and starts under way
	mostBusy   int
	watchers   map[*fakeWatcher]bool
}

// FakeImage is how containers of an image behave. The zero value can be pulled, runs until it is
// stopped, and ends at once on SIGTERM.
type FakeImage struct {
	PullDelay   time.Duration
	CreateDelay time.Duration
	StartDelay  time.Duration

	PullError   string // each makes its call fail with ECS's name for the error and this text
	CreateError string
	StartError  string

	RunsFor  time.Duration // zero: until it is stopped
	ExitCode int32         // after RunsFor
	// from SIGTERM to its end with code 143; longer than the timeout: SIGKILL, code 137
	StopAfter time.Duration
}

type fakeContainer struct {
	state structs.ContainerState
	spec  structs.ContainerSpec
	ended chan struct{} // closed when it ended or was removed
	now   func() time.Time
}

// NewFakeEngine makes an engine without containers.
func NewFakeEngine() *FakeEngine {
	return &FakeEngine{
		images: map[string]FakeImage{}, containers: map[string]*fakeContainer{}, starts: map[string]int{}, watchers: map[*fakeWatcher]bool{},
		frozen: map[string]chan struct{}{}, hung: map[string]chan struct{}{},
	}
}

// SetImage says how containers of an image behave from now on.
func (e *FakeEngine) SetImage(name string, image FakeImage) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.images[name] = image
}

// SetHook has f called twice in every call of a runtime: before it takes effect, and after that,
// when the answer can still be lost. The point names both.
func (e *FakeEngine) SetHook(f func(point string)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.hook = f
}

// SetAway makes every call fail as if no engine listened, and loses events, until it is taken back.
func (e *FakeEngine) SetAway(away bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.away = away
	if !away {
		for w := range e.watchers {
			w.push(structs.RuntimeEvent{})
		}
	}
}

// SetMute loses every event until it is taken back; calls work all the same.
func (e *FakeEngine) SetMute(mute bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mute = mute
}

// Exit ends a running container, named by name or id, with an exit code.
func (e *FakeEngine) Exit(container string, code int32) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.exit(e.find(container), code)
}

// KillForMemory ends a running container as the kernel does when it is out of memory.
func (e *FakeEngine) KillForMemory(container string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.find(container)
	c.state.OOMKilled = true
	e.exit(c, 137)
}

// KillChildForMemory kills a process of a running container for lack of memory, but not its first.
func (e *FakeEngine) KillChildForMemory(container string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.find(container)
	c.state.OOMKilled = true
	e.tell(c, structs.RuntimeEvent{})
}

// SetHealth changes what a health check says.
func (e *FakeEngine) SetHealth(container, health string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.find(container)
	c.state.Health = health
	e.tell(c, structs.RuntimeEvent{})
}

// Restart starts a container again that has ended, as a person would, behind the agent's back.
func (e *FakeEngine) Restart(container string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.find(container)
	c.state.State, c.state.StartedAt, c.state.FinishedAt, c.ended = structs.ContainerRunning, structs.TimeOf(c.now()), 0, make(chan struct{})
	e.tell(c, structs.RuntimeEvent{Started: true})
}

// RemoveContainer removes a container as a person would, behind the agent's back.
func (e *FakeEngine) RemoveContainer(container string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.remove(e.find(container))
}

// All lists the containers of all instances by name.
func (e *FakeEngine) All() []structs.ContainerState {
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []structs.ContainerState
	for _, c := range e.containers {
		list = append(list, c.state)
	}
	slices.SortFunc(list, func(a, b structs.ContainerState) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// Starts tells how often each container, by name, began to run; removed ones count too.
func (e *FakeEngine) Starts() map[string]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.starts)
}

// Calls lists the calls so far, as "Create gantry-web-1-app-0123456789ab", "Pull nginx",
// "Containers".
func (e *FakeEngine) Calls() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.calls)
}

// MostBusy is the largest number of creates and starts that were under way at one time.
func (e *FakeEngine) MostBusy() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.mostBusy
}

// Runtime gives the engine as an agent of an instance sees it.
func (e *FakeEngine) Runtime(instance string) *FakeRuntime { return e.RuntimeAt(instance, time.Now) }

// RuntimeAt is Runtime on a machine with a clock of its own.
func (e *FakeEngine) RuntimeAt(instance string, now func() time.Time) *FakeRuntime {
	return &FakeRuntime{engine: e, instance: instance, now: now}
}

func (e *FakeEngine) find(idOrName string) *fakeContainer {
	for id, c := range e.containers {
		if id == idOrName || c.state.Name == idOrName {
			return c
		}
	}
	panic("the fake engine has no container " + idOrName)
}

func (e *FakeEngine) exit(c *fakeContainer, code int32) {
	if c.state.State != structs.ContainerRunning {
		return
	}
	c.state.State, c.state.ExitCode, c.state.FinishedAt = structs.ContainerExited, code, structs.TimeOf(c.now())
	c.state.Bindings = nil // as Docker's
	close(c.ended)
	e.tell(c, structs.RuntimeEvent{})
}

func (e *FakeEngine) remove(c *fakeContainer) {
	if c.state.State == structs.ContainerRunning {
		e.exit(c, 137)
	}
	delete(e.containers, c.state.ID)
	e.tell(c, structs.RuntimeEvent{})
}

// tell tells of a change of a container, and of what kind it is where that matters.
func (e *FakeEngine) tell(c *fakeContainer, what structs.RuntimeEvent) {
	for w := range e.watchers {
		if !e.away && !e.mute && w.instance == c.state.Labels[structs.LabelInstance] {
			event := structs.RuntimeEvent{ID: c.state.ID, Task: c.state.Labels[structs.LabelTask], Created: what.Created, Started: what.Started}
			if s := c.state; s.State == structs.ContainerExited && s.StartedAt != 0 {
				event.Ended, event.ExitCode, event.OOMKilled, event.At = true, s.ExitCode, s.OOMKilled, s.FinishedAt
			}
			w.push(event)
		}
	}
}

// count counts a create or start as under way until the function that it returns is called.
func (e *FakeEngine) count() (done func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.busy++
	e.mostBusy = max(e.mostBusy, e.busy)
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.busy--
	}
}
