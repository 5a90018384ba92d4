package logs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// fakeEngine writes containers' files as Docker's json-file does.
type fakeEngine struct {
	runtime.Runtime // the rest is not called
	over            runtime.Runtime
	dir             string

	mu         sync.Mutex
	containers map[string]*fakeContainer
}

type fakeContainer struct {
	state runtime.ContainerState
	path  string
	files int
	file  *os.File
	size  int64 // where the file is renamed; 0: never
	wrote int64
}

func (e *fakeEngine) CreateContainer(_ context.Context, spec runtime.ContainerSpec) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	id := fmt.Sprintf("id%d", len(e.containers))
	path := filepath.Join(e.dir, id, id+"-json.log")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	e.containers[id] = &fakeContainer{files: 5, path: path, state: runtime.ContainerState{ID: id, Name: spec.Name, Labels: spec.Labels, State: runtime.ContainerCreated}}
	return id, nil
}

func (e *fakeEngine) StartContainer(_ context.Context, id string) (runtime.ContainerState, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.containers[id]
	var err error
	c.file, err = os.OpenFile(c.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	c.state.State, c.state.StartedAt = runtime.ContainerRunning, c.state.StartedAt+1
	return c.state, err
}

func (e *fakeEngine) RestartContainer(ctx context.Context, id string, _ structs.Time) (runtime.ContainerState, error) {
	return e.StartContainer(ctx, id)
}

func (e *fakeEngine) ListContainers(context.Context) (list []runtime.ContainerState, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.containers {
		list = append(list, c.state)
	}
	return list, nil
}

func (e *fakeEngine) InspectContainer(_ context.Context, id string) (runtime.ContainerState, bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, ok := e.containers[id]
	if !ok {
		return runtime.ContainerState{}, false, nil
	}
	return c.state, true, nil
}

func (e *fakeEngine) InspectLogs(_ context.Context, id string) (runtime.LogFiles, bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, ok := e.containers[id]
	if !ok {
		return runtime.LogFiles{}, false, nil
	}
	return runtime.LogFiles{Driver: "json-file", Path: c.path, Files: c.files}, true, nil
}

func (e *fakeEngine) RemoveContainer(_ context.Context, id string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.containers, id)
	return os.RemoveAll(filepath.Join(e.dir, id))
}

// exit ends a container, as the engine then says.
func (e *fakeEngine) exit(c *fakeContainer) {
	e.mu.Lock()
	c.state.State = runtime.ContainerExited
	e.mu.Unlock()
	e.over.InspectContainer(context.Background(), c.state.ID)
}

// write writes a record, and renames the file first if it is full.
func (c *fakeContainer) write(t *testing.T, source, text string) {
	t.Helper()
	c.writeAt(t, source, text, time.Now())
}

func (c *fakeContainer) writeAt(t *testing.T, source, text string, at time.Time) {
	t.Helper()
	raw := appendRecord(nil, source, at, []byte(text))
	if c.size > 0 && c.wrote+int64(len(raw)) > c.size {
		c.rotate(t)
	}
	if _, err := c.file.Write(raw); err != nil {
		t.Error(err)
	}
	c.wrote += int64(len(raw))
}

// rotate does as Docker's loggerutils does.
func (c *fakeContainer) rotate(t *testing.T) {
	c.file.Close()
	name := func(n int) string { return c.path + "." + strconv.Itoa(n) }
	os.Remove(name(c.files - 1))
	for n := c.files - 1; n > 1; n-- {
		os.Rename(name(n-1), name(n))
	}
	if err := os.Rename(c.path, name(1)); err != nil {
		t.Error(err)
	}
	var err error
	if c.file, err = os.OpenFile(c.path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
		t.Error(err)
	}
	c.wrote = 0
}
