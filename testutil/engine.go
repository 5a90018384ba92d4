package testutil

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/runtime/fake"
)

// FakeEngine is a container engine in memory for tests: it notes what it is asked, and calls can
// fail, hang and be lost on their way. Make it with NewFakeEngine; Runtime returns what an agent
// takes.
type FakeEngine struct {
	*fake.Engine

	mu       sync.Mutex
	images   map[string]fake.Image
	starts   map[string]int // times each container, by name, began to run
	calls    []string
	hook     func(point string)
	exec     func(runtime.ContainerState, runtime.ExecSpec) (runtime.Exec, error)
	hung     map[string]chan struct{} // by instance; closed when its engine goes on
	frozen   map[string]chan struct{} // by instance; closed when its agent goes on
	busy     int                      // creates and starts under way
	mostBusy int
}

// NewFakeEngine makes an engine without containers.
func NewFakeEngine() *FakeEngine {
	e := &FakeEngine{
		images: map[string]fake.Image{}, starts: map[string]int{},
		hung: map[string]chan struct{}{}, frozen: map[string]chan struct{}{},
	}
	e.Engine = fake.New(fake.Config{Image: e.image, Call: e.call, Started: e.started, Exec: e.startExec})
	return e
}

// SetImage says how containers of an image behave from now on.
func (e *FakeEngine) SetImage(name string, image fake.Image) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.images[name] = image
}

// SetExec says how commands that are started in containers behave from now on.
func (e *FakeEngine) SetExec(f func(runtime.ContainerState, runtime.ExecSpec) (runtime.Exec, error)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.exec = f
}

func (e *FakeEngine) startExec(c runtime.ContainerState, spec runtime.ExecSpec) (runtime.Exec, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.exec(c, spec)
}

func (e *FakeEngine) image(name string) fake.Image {
	e.mu.Lock()
	defer e.mu.Unlock()
	image := e.images[name]
	image.Digest = fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(name)))
	return image
}

// SetHook has f called twice in every call of a runtime: before it takes effect, and after that,
// when the answer can still be lost. The point names both.
func (e *FakeEngine) SetHook(f func(point string)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.hook = f
}

// Starts returns how often each container, by name, began to run; removed ones count too.
func (e *FakeEngine) Starts() map[string]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.starts)
}

func (e *FakeEngine) started(c runtime.ContainerState) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.starts[c.Name]++
}

// Calls lists the names of the calls so far (fake.Call), except pings.
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

// call makes a call, with the hook before and after its effect.
func (e *FakeEngine) call(ctx context.Context, c fake.Call) error {
	switch c.Name {
	case fake.NameEvents:
		return e.works(ctx, c.Instance)
	case fake.NamePing: // an agent that is frozen asks nothing
		e.hold(context.WithoutCancel(ctx), c.Instance)
		return cmp.Or(e.works(ctx, c.Instance), c.Effect())
	}
	hook := e.note(c.Name)
	defer e.done(c.Name)
	e.hold(ctx, c.Instance)
	if err := e.works(ctx, c.Instance); err != nil { // the engine comes to it late
		if !strings.HasPrefix(c.Name, "Stop ") {
			e.later(c)
		}
		return err
	}
	hook("before " + c.Name)
	err := c.Make(ctx)
	if ctx.Err() != nil && err == ctx.Err() {
		return err
	}
	hook("after " + c.Name)
	err = cmp.Or(e.Away(), err) // the answer may be lost
	e.hold(ctx, c.Instance)
	return cmp.Or(e.works(ctx, c.Instance), ctx.Err(), err)
}

// note notes a call until done, and returns the hook.
func (e *FakeEngine) note(call string) (hook func(point string)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls = append(e.calls, call)
	if keepsBusy(call) {
		e.busy++
		e.mostBusy = max(e.mostBusy, e.busy)
	}
	if e.hook == nil {
		return func(string) {}
	}
	return e.hook
}

func (e *FakeEngine) done(call string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if keepsBusy(call) {
		e.busy--
	}
}

func keepsBusy(call string) bool {
	return strings.HasPrefix(call, "Create ") || strings.HasPrefix(call, "Start ")
}
