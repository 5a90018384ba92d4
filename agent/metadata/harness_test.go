package metadata

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/runtime/fake"
	"github.com/gantry-project/gantry/structs"
)

// machine stands for 169.254.170.2 of one machine: its ports are free ones of ours. Of agents that
// share a port the newest gets all connections.
type machine struct {
	mu    sync.Mutex
	ports map[uint16]string
}

type place struct{ *machine }

func newMachine() *machine { return &machine{ports: map[uint16]string{}} }

func (m *machine) Listen(port uint16) (net.Listener, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		m.ports[port] = l.Addr().String()
	}
	return l, err
}

func (m *machine) at(port uint16) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ports[port]
}

func (m *machine) Dial(ctx context.Context, port uint16) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", m.at(port))
}

func (m *machine) Repair() error { return nil }
func (m *machine) Close()        {}

// servers are those of the cluster.
type servers struct {
	mu      sync.Mutex
	keys    structs.RoleCredentials
	err     error
	forward func(*http.Request) (*http.Response, error)
}

func (s *servers) RoleCredentials(_ context.Context, _ string, in structs.RoleCredentialsRequest) (structs.RoleCredentials, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.Kind != structs.RoleOfTask || in.Role != testRole {
		return structs.RoleCredentials{}, errors.New("not a task's role")
	}
	return s.keys, s.err
}

func (s *servers) set(keys structs.RoleCredentials, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys, s.err = keys, err
}

func (s *servers) TaskTags(context.Context, string, string) (structs.TaskTags, error) {
	return structs.TaskTags{Task: []structs.Tag{{Key: "team", Value: "web"}}}, nil
}

func (s *servers) Forward(r *http.Request) (*http.Response, error) { return s.forward(r) }

const (
	testRole = "arn:aws:iam::000000000000:role/app"
	testTask = "0123456789abcdef0123456789abcdef"
)

func testKeys() structs.RoleCredentials {
	return structs.RoleCredentials{
		RoleARN: testRole, AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "secret", Token: "token",
		Expiration: time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
	}
}

// agent is a Metadata on a machine.
type agent struct {
	*testing.T
	*Metadata
	machine *machine
	servers *servers
	stop    func()
}

// start starts an agent; one of the same instance and directory is the same one again.
func start(t *testing.T, m *machine, instance, dir string) *agent {
	t.Helper()
	a := &agent{T: t, machine: m, servers: &servers{keys: testKeys()}}
	a.Metadata = New(Config{
		Instance: instance, Cluster: "default", Zone: "a", Region: "eu-west-1", DataDir: dir,
		Engine: fake.New(fake.Config{}).Runtime(instance), Servers: a.servers, Keys: a.servers.RoleCredentials, Logger: slog.New(slog.DiscardHandler),
		Open:   func(context.Context) (Place, error) { return place{m}, nil },
		Remove: func() error { return nil },
	})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { a.Metadata.Run(ctx) })
	a.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(a.stop)
	return a
}

// assignment is a task with a role.
func assignment(id string) structs.Assignment {
	return structs.Assignment{
		Task: &structs.Task{ID: id, Cluster: "default", Group: "service:web", LastStatus: structs.TaskPending},
		Definition: &structs.TaskDefinition{
			Family: "web", Revision: 3, TaskRoleArn: testRole,
			ContainerDefinitions: []structs.ContainerDefinition{{Name: "app", Image: "nginx"}, {Name: "side", Image: "envoy"}},
		},
	}
}

// prepare prepares a task and returns the variables of its container app.
func (a *agent) prepare(as structs.Assignment) map[string]string {
	a.Helper()
	shared, err := a.Prepare(a.Context(), as)
	if err != nil {
		a.Fatal(err)
	}
	all := map[string]string{}
	for _, from := range []map[string]map[string]string{shared.Defaults, shared.Environment} {
		for name, value := range from["app"] {
			all[name] = value
		}
	}
	return all
}

// ask asks at 169.254.170.2 as a container does.
func (a *agent) ask(method, target, body string) (status int, answer string) {
	a.Helper()
	request, err := http.NewRequestWithContext(a.Context(), method, "http://"+address+strings.TrimPrefix(target, "http://"+address), strings.NewReader(body))
	if err != nil {
		a.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
		_, port, _ := net.SplitHostPort(addr)
		var n uint16
		fmt.Sscan(port, &n)
		return a.machine.Dial(ctx, n)
	}}
	response, err := transport.RoundTrip(request)
	if err != nil {
		a.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		a.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// isRefusal fails unless an error ends its task, with a text.
func isRefusal(t *testing.T, err error, want string) {
	t.Helper()
	refusal, ok := errors.AsType[*runtime.Error](err)
	if !ok || refusal.Name != "ResourceInitializationError" || !strings.Contains(refusal.Reason, want) {
		t.Errorf("error %v, want a ResourceInitializationError with %q", err, want)
	}
}
