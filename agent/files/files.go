package files

import (
	"context"
	"errors"
	"fmt"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/structs"
)

// Server is what the files of tasks come from.
type Server interface {
	// TaskFiles returns what a task gets out of files. A *structs.Error that is neither Unavailable
	// nor Internal means that the task cannot have it.
	TaskFiles(ctx context.Context, instance, task string) (structs.TaskFiles, error)
}

// Config is what Files needs.
type Config struct {
	Instance string // id of the container instance
	Server   Server
	// Dir is a directory in memory, at the same path for the container engine. If empty, NoDir says
	// why there is none, and tasks that need files are refused.
	Dir   string
	NoDir error
}

// Files are the files of the tasks of one container instance.
type Files struct {
	Config
	kept store
}

var _ task.Resource = (*Files)(nil)

// New returns the files of the tasks of an instance.
func New(c Config) *Files { return &Files{Config: c, kept: store{c.Dir, c.Instance}} }

// Name implements task.Resource.
func (*Files) Name() string { return "files" }

// Needs reports whether a container of the task has environment files.
func (*Files) Needs(as structs.Assignment) bool { return as.Definition.HasEnvironmentFiles(as.Overrides) }

// Prepare asks a server for what the task gets, unless that is kept already.
func (f *Files) Prepare(ctx context.Context, as structs.Assignment) (runtime.Shared, error) {
	if f.Dir == "" {
		return runtime.Shared{}, refuse("%v", f.NoDir)
	}
	id := as.Task.ID
	if kept, ok := f.kept.load(id); ok {
		return runtime.Shared{Defaults: kept.Environment}, nil
	}
	got, err := f.Server.TaskFiles(ctx, f.Instance, id)
	if err != nil {
		return runtime.Shared{}, refusal(err)
	}
	if err := f.kept.save(id, got); err != nil {
		return runtime.Shared{}, fmt.Errorf("keep the files of task %s: %w", id, err)
	}
	return runtime.Shared{Defaults: got.Environment}, nil
}

// refusal returns the error that ends a task if a server says that it cannot have its files.
// Otherwise no server could be asked, which is tried again.
func refusal(err error) error {
	answer, ok := errors.AsType[*structs.Error](err)
	if !ok || answer.Kind == structs.KindUnavailable || answer.Kind == structs.KindInternal {
		return fmt.Errorf("ask a server for the files of the task: %w", err)
	}
	return refuse("%s", answer.Message)
}

func refuse(format string, args ...any) error {
	return &runtime.Error{Name: task.ResourceInitialization, Reason: fmt.Sprintf(format, args...)}
}

// Release implements task.Resource.
func (f *Files) Release(_ context.Context, task string) error { return f.kept.remove(task) }

// Sweep implements task.Resource.
func (f *Files) Sweep(_ context.Context, holds func(task string) bool) error { return f.kept.sweep(holds) }
