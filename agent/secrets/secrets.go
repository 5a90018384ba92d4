package secrets

import (
	"context"
	"maps"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/structs"
)

// Fetch asks the servers for the secrets of a task. It waits for a server until ctx ends. What the
// task cannot have is TaskSecrets.Refused.
type Fetch func(ctx context.Context, in structs.TaskSecretsRequest) (structs.TaskSecrets, error)

// Secrets are the secrets of the tasks of one container instance.
type Secrets struct{ fetch Fetch }

var (
	_ task.Resource     = (*Secrets)(nil)
	_ task.BeforeCreate = (*Secrets)(nil)
)

// New returns the secrets of an instance.
func New(fetch Fetch) *Secrets { return &Secrets{fetch} }

// Name implements task.Resource.
func (*Secrets) Name() string { return "secrets" }

// OnlyBeforeCreate implements task.BeforeCreate.
func (*Secrets) OnlyBeforeCreate() {}

// Needs reports whether a container of the task has secrets.
func (*Secrets) Needs(as structs.Assignment) bool {
	for i := range as.Definition.ContainerDefinitions {
		if as.Definition.ContainerDefinitions[i].HasSecrets() {
			return true
		}
	}
	return false
}

// Prepare asks for the values.
func (s *Secrets) Prepare(ctx context.Context, as structs.Assignment) (runtime.Shared, error) {
	got, err := s.fetch(ctx, structs.TaskSecretsRequest{Task: as.Task.ID})
	if err != nil {
		return runtime.Shared{}, err
	}
	if got.Refused != "" {
		return runtime.Shared{}, &runtime.Error{Name: task.ResourceInitialization, Reason: got.Refused}
	}
	environment, options := route(as.Definition, got)
	return runtime.Shared{Environment: environment, LogOptions: options}, nil
}

// route returns the variables of containers and the options of their log drivers. The options of
// those that log to the task's FireLens router are the router's, which reads them from variables.
func route(d *structs.TaskDefinition, got structs.TaskSecrets) (environment, options map[string]map[string]string) {
	router := d.Router()
	if router == nil || len(got.LogOptions) == 0 {
		return got.Environment, got.LogOptions
	}
	environment, options = maps.Clone(got.Environment), maps.Clone(got.LogOptions)
	variables := maps.Clone(environment[router.Name])
	if variables == nil {
		variables = map[string]string{}
	}
	for n := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[n]
		if !c.IsRouted() {
			continue
		}
		for option, value := range options[c.Name] {
			variables[structs.FirelensVariable(option, n)] = value
		}
		delete(options, c.Name)
	}
	if environment == nil {
		environment = map[string]map[string]string{}
	}
	environment[router.Name] = variables
	return environment, options
}

// Release does nothing: nothing was made.
func (*Secrets) Release(context.Context, string) error { return nil }

// Sweep does nothing: nothing was made.
func (*Secrets) Sweep(context.Context, func(task string) bool) error { return nil }
