package metadata

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/credentials"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/structs"
)

// Place is where containers reach agents: 169.254.170.2.
type Place interface {
	// Listen listens on a port, which agents may share.
	Listen(port uint16) (net.Listener, error)
	// Dial connects to a port of another agent.
	Dial(ctx context.Context, port uint16) (net.Conn, error)
	// Repair puts right what somebody removed.
	Repair() error
	// Close ends the use of it by this process. Listeners must be closed.
	Close()
}

// Servers are asked on behalf of tasks. Their methods may be called from many goroutines.
type Servers interface {
	// TaskTags returns the tags of a task of the instance.
	TaskTags(ctx context.Context, instance, task string) (structs.TaskTags, error)
	// Forward sends a call of an AWS client to a server, as it is, and returns the answer.
	Forward(*http.Request) (*http.Response, error)
}

// Config is what a Metadata needs. All fields but Zone are required.
type Config struct {
	Instance, Cluster string
	Zone, Region      string
	DataDir           string // the agent's
	Engine            runtime.Details
	Servers           Servers
	// Keys returns keys of a role of a task.
	Keys func(ctx context.Context, instance string, in structs.RoleCredentialsRequest) (structs.RoleCredentials, error)
	// Open makes the place, or finds it. Its error says, for people, why there is none.
	Open func(ctx context.Context) (Place, error)
	// Remove removes the place, when the instance goes for good.
	Remove func() error
	// SharesLoopback means that containers in network mode host have the loopback addresses of this
	// process. They are then answered there if there is no place.
	SharesLoopback bool
	Logger         *slog.Logger
}

// Metadata answers the tasks of an instance. It is a resource of all of them (agent/task.Resource).
// Make it with New; Run works in the background.
type Metadata struct {
	cfg  Config
	log  *slog.Logger
	keys *credentials.Cache

	opening sync.Mutex // held while the place is opened
	ended   bool       // Run has returned, and no place is opened any more; with opening held

	mu      sync.Mutex
	sites   [2]site // at 169.254.170.2, or else on loopback
	problem string  // why there is no place, for people
	tasks   map[string]*subject
	samples samples
}

// subject is a task that may ask.
type subject struct {
	structs.Assignment
	seen structs.TaskUpdate // what was reported last; zero: nothing yet
}

// New returns the metadata of an instance. It makes nothing until it is needed.
func New(c Config) *Metadata {
	m := &Metadata{cfg: c, log: c.Logger, tasks: map[string]*subject{}, samples: samples{last: map[string]sample{}}}
	m.keys = credentials.New(credentials.Config{Logger: c.Logger, Source: m.askForKeys})
	return m
}

// askForKeys asks the servers for keys of a task's role.
func (m *Metadata) askForKeys(ctx context.Context, task string) (credentials.Keys, error) {
	m.mu.Lock()
	in := structs.RoleCredentialsRequest{Task: task, Kind: structs.RoleOfTask}
	if t := m.tasks[task]; t != nil {
		in.Role = structs.RoleOf(in.Kind, t.Definition, t.Overrides)
	}
	m.mu.Unlock()
	return credentials.Of(m.cfg.Keys(ctx, m.cfg.Instance, in))
}

// Run answers until ctx ends.
func (m *Metadata) Run(ctx context.Context) {
	<-ctx.Done()
	m.opening.Lock()
	defer m.opening.Unlock()
	m.ended = true
	m.mu.Lock()
	sites := m.sites
	m.sites = [2]site{}
	m.mu.Unlock()
	for _, s := range sites {
		s.close()
	}
	m.keys.Close()
}

// RemoveAll removes what the instance has at 169.254.170.2.
func (m *Metadata) RemoveAll(context.Context) error { return m.cfg.Remove() }

// Name implements task.Resource.
func (*Metadata) Name() string { return "metadata" }

// Needs implements task.Resource: any task may ask.
func (*Metadata) Needs(structs.Assignment) bool { return true }

// Prepare gives the containers of a task their variables. For a task that has not started it waits
// for the first keys of its role. If the role is refused, or if there can be no keys here, the task
// ends.
func (m *Metadata) Prepare(ctx context.Context, as structs.Assignment) (runtime.Shared, error) {
	at := m.siteOf(ctx, as)
	role := hasRole(as)
	started := as.Task.LastStatus >= structs.TaskActivating
	m.mu.Lock()
	if m.tasks[as.Task.ID] == nil {
		m.tasks[as.Task.ID] = &subject{}
	}
	m.tasks[as.Task.ID].Assignment = as
	problem := m.problem
	m.mu.Unlock()
	if role && !at.open() && !started {
		if err := ctx.Err(); err != nil {
			return runtime.Shared{}, err
		}
		return runtime.Shared{}, refusal("taskRoleArn: containers get no credentials here, since %s", problem)
	}
	var keys credentials.Keys
	if role {
		m.keys.Hold(as.Task.ID)
	}
	if role && !started {
		var err error
		keys, err = m.keys.Get(ctx, as.Task.ID)
		if errors.Is(err, credentials.ErrRefused) {
			return runtime.Shared{}, refusal("%v", err)
		}
		if err != nil {
			return runtime.Shared{}, fmt.Errorf("get keys of the task's role: %w", err)
		}
	}
	return m.variables(as, at, keys), nil
}

// refusal is the error with which a task ends.
func refusal(format string, args ...any) error {
	return &runtime.Error{Name: task.ResourceInitialization, Reason: fmt.Sprintf(format, args...)}
}

// Reported notes what is known of a task.
func (m *Metadata) Reported(u structs.TaskUpdate) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t := m.tasks[u.Task]; t != nil {
		t.seen = u
	}
}

// Release forgets a task.
func (m *Metadata) Release(_ context.Context, id string) error {
	m.keys.Drop(id)
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.tasks, id)
	return nil
}

// Sweep forgets tasks that are not held, and puts right what somebody removed.
func (m *Metadata) Sweep(ctx context.Context, holds func(task string) bool) error {
	m.mu.Lock()
	var gone []string
	for id := range m.tasks {
		if !holds(id) {
			gone = append(gone, id)
		}
	}
	place := m.sites[0].place
	m.samples.forget(time.Now())
	m.mu.Unlock()
	for _, id := range gone {
		_ = m.Release(ctx, id) // never fails
	}
	if place == nil {
		return nil
	}
	return place.Repair()
}

// hasRole reports whether a task's containers have a role.
func hasRole(as structs.Assignment) bool {
	return structs.RoleOf(structs.RoleOfTask, as.Definition, as.Overrides) != ""
}

var (
	_ task.Resource = (*Metadata)(nil)
	_ task.Lasting  = (*Metadata)(nil)
	_ task.Informed = (*Metadata)(nil)
)
