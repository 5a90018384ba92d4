package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

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
	store store
}

var (
	_ task.Resource = (*Files)(nil)
	_ task.Updated  = (*Files)(nil)
)

// New returns the files of the tasks of an instance.
func New(c Config) *Files { return &Files{Config: c, store: store{c.Dir, c.Instance}} }

// Name implements task.Resource.
func (*Files) Name() string { return "files" }

// Needs reports whether a container of the task has environment files, or files of a job file.
func (*Files) Needs(as structs.Assignment) bool {
	return as.Definition.HasFiles() || as.Definition.HasEnvironmentFiles(as.Overrides)
}

// Prepare asks a server for what the task gets, unless that is kept already.
func (f *Files) Prepare(ctx context.Context, as structs.Assignment) (runtime.Shared, error) {
	if f.Dir == "" {
		return runtime.Shared{}, refuse("%v", f.NoDir)
	}
	id := as.Task.ID
	if kept, ok := f.store.load(id); ok {
		return f.shared(id, kept), nil
	}
	got, err := f.Server.TaskFiles(ctx, f.Instance, id)
	if err != nil {
		return runtime.Shared{}, refusal(err)
	}
	kept, err := f.store.make(id, got)
	if errors.Is(err, fs.ErrPermission) {
		return runtime.Shared{}, refuse("files of the task: %v; an agent that is not root cannot give them to an owner", err)
	}
	if err != nil {
		return runtime.Shared{}, fmt.Errorf("keep the files of task %s: %w", id, err)
	}
	return f.shared(id, kept), nil
}

// shared returns what the containers of a task get.
func (f *Files) shared(task string, k kept) runtime.Shared {
	shared := runtime.Shared{Defaults: k.Environment}
	for _, file := range k.Files {
		bind := runtime.Bind{HostPath: f.store.mounted(task, file), Path: file.mountPath(), ReadOnly: true}
		if shared.Binds == nil {
			shared.Binds = map[string][]runtime.Bind{}
		}
		if list := shared.Binds[file.Container]; !slices.Contains(list, bind) {
			shared.Binds[file.Container] = append(list, bind)
		}
	}
	return shared
}

// Update replaces the files that are updated in place and have another content now, and has the
// containers told. If the agent dies before that is done, it is done again.
func (f *Files) Update(ctx context.Context, as structs.Assignment, signal func(container, signal string) error) error {
	id := as.Task.ID
	kept, ok := f.store.load(id)
	if !ok || as.Task.Files == nil || kept.Version >= as.Task.Files.Wanted {
		return nil
	}
	got, err := f.Server.TaskFiles(ctx, f.Instance, id)
	if err != nil {
		return refusal(err)
	}
	changed, err := f.store.change(id, &kept, got)
	if err != nil {
		return fmt.Errorf("update the files of task %s: %w", id, err)
	}
	for _, one := range changed {
		if err := signal(one.Container, one.Signal); err != nil {
			return err
		}
	}
	kept.Version, kept.Pending = got.Version, nil
	return f.store.record(f.store.of(id), kept)
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
func (f *Files) Release(_ context.Context, task string) error { return f.store.remove(task) }

// Sweep implements task.Resource.
func (f *Files) Sweep(_ context.Context, holds func(task string) bool) error {
	return f.store.sweep(holds)
}
