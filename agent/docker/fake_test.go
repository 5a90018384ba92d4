package docker

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/registry"
	"github.com/docker/docker/api/types/system"
	"github.com/docker/docker/client"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// fakeAPI answers the calls whose field is set; any other call is a bug of the test.
type fakeAPI struct {
	api
	info    func() (system.Info, error)
	image   func() (image.InspectResponse, error) // nil: no image is there
	ask     func(ref string) error                // of the registry
	start   func(id string) error
	remove  func(id string)
	ping    func() error
	events  func(context.Context) (<-chan events.Message, <-chan error)
	pull    func(context.Context, string) (io.ReadCloser, error)
	create  func(*container.Config, *container.HostConfig) (container.CreateResponse, error)
	inspect func() (container.InspectResponse, error)
}

func (f *fakeAPI) Info(context.Context) (system.Info, error) { return f.info() }
func (f *fakeAPI) Ping(context.Context) (types.Ping, error)  { return types.Ping{}, f.ping() }

func (f *fakeAPI) Events(ctx context.Context, _ events.ListOptions) (<-chan events.Message, <-chan error) {
	return f.events(ctx)
}

func (f *fakeAPI) ImageInspect(context.Context, string, ...client.ImageInspectOption) (image.InspectResponse, error) {
	if f.image == nil {
		return image.InspectResponse{}, errdefs.ErrNotFound
	}
	return f.image()
}

func (f *fakeAPI) DistributionInspect(_ context.Context, ref, _ string) (registry.DistributionInspect, error) {
	return registry.DistributionInspect{}, f.ask(ref)
}

func (f *fakeAPI) ContainerStart(_ context.Context, id string, _ container.StartOptions) error {
	return f.start(id)
}

func (f *fakeAPI) ContainerRemove(_ context.Context, id string, _ container.RemoveOptions) error {
	f.remove(id)
	return nil
}

func (f *fakeAPI) ImagePull(ctx context.Context, ref string, _ image.PullOptions) (io.ReadCloser, error) {
	return f.pull(ctx, ref)
}

func (f *fakeAPI) ContainerCreate(_ context.Context, config *container.Config, host *container.HostConfig, _ *network.NetworkingConfig,
	_ *ocispec.Platform, _ string) (container.CreateResponse, error) {
	return f.create(config, host)
}

func (f *fakeAPI) ContainerInspect(context.Context, string) (container.InspectResponse, error) {
	return f.inspect()
}

func newFakeEngine(f *fakeAPI) *Engine {
	return &Engine{api: f, host: "unix:///fake.sock", instance: "i1", log: slog.New(slog.DiscardHandler), pulls: newPulls(),
		registries: newRegistries(), fewFiles: new(atomic.Bool)}
}

func TestInfoSaysWhatToDo(t *testing.T) {
	cases := []struct {
		name string
		err  error
		want string
	}{
		{"no permission", &testConnectError{syscall.EACCES}, "usermod -aG docker"},
		{"hangs", context.DeadlineExceeded, "systemctl start docker"},
		{"another trouble", errors.New("client is too new"), "client is too new"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := newFakeEngine(&fakeAPI{info: func() (system.Info, error) { return system.Info{}, c.err }})
			_, err := e.Info(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), e.host) {
				t.Errorf("error %v does not say %q and %s", err, c.want, e.host)
			}
		})
	}
}

type testConnectError struct{ error }

func (e *testConnectError) Unwrap() error { return e.error }

func TestInfoWithoutEngine(t *testing.T) {
	socket := "unix://" + t.TempDir() + "/docker.sock"
	e, err := New(Config{Host: socket})
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Info(t.Context())
	for _, words := range []string{"no Docker Engine answers at " + socket, "apt-get install docker.io", "systemctl start docker", "dockerd"} {
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v does not say %q", err, words)
		}
	}
}

func TestPullReportsErrorInStream(t *testing.T) {
	e := newFakeEngine(&fakeAPI{pull: func(context.Context, string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(`{"status":"Pulling"}` + "\n" +
			`{"errorDetail":{"message":"manifest unknown"},"error":"manifest unknown"}` + "\n")), nil
	}})
	WantRuntimeError(t, e.PullImage(t.Context(), "nope:1"), cannotPull, "pull image docker.io/library/nope:1", "manifest unknown")
}

// TestCutPullIsNoRefusal: an engine that ends in the middle of a pull has not said that the image
// cannot be had.
func TestCutPullIsNoRefusal(t *testing.T) {
	e := newFakeEngine(&fakeAPI{pull: func(context.Context, string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(`{"status":"Pul`)), nil
	}})
	err := e.PullImage(t.Context(), "nope:1")
	if _, refused := errors.AsType[*runtime.Error](err); err == nil || refused {
		t.Errorf("got %v, want an error that is no refusal", err)
	}
}

func TestPullRefusesBadReference(t *testing.T) {
	for _, name := range []string{"", "app/UPPER", "a b", "x:y:z"} {
		WantRuntimeError(t, newFakeEngine(&fakeAPI{}).PullImage(t.Context(), name), cannotPull, `"`+name+`"`)
	}
}

// pullServer counts pulls, and finishes them when told.
type pullServer struct {
	started, given atomic.Int32
	finish         chan struct{}
}

func (p *pullServer) pull(ctx context.Context, _ string) (io.ReadCloser, error) {
	p.started.Add(1)
	select {
	case <-p.finish:
		return io.NopCloser(strings.NewReader("")), nil
	case <-ctx.Done():
		p.given.Add(1)
		return nil, ctx.Err()
	}
}

func TestPullsOfOneImageAreShared(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		server := &pullServer{finish: make(chan struct{})}
		e := newFakeEngine(&fakeAPI{pull: server.pull})
		first, leave := context.WithCancel(t.Context())
		errs := make(chan error, 3)
		firstErr := make(chan error, 1)
		go func() { firstErr <- e.PullImage(first, "app:1") }()
		synctest.Wait()
		for range 3 {
			go func() { errs <- e.ForInstance("i2").PullImage(t.Context(), "app:1") }()
		}
		synctest.Wait()

		leave()
		var failed *runtime.Error
		if err := <-firstErr; !errors.Is(err, context.Canceled) || errors.As(err, &failed) {
			t.Errorf("the caller who left got %v, want its own context's end", err)
		}
		close(server.finish)
		for range 3 {
			if err := <-errs; err != nil {
				t.Errorf("a caller who stayed got %v", err)
			}
		}
		if n := server.started.Load(); n != 1 {
			t.Errorf("%d pulls, want 1", n)
		}
	})
}

func TestPullThatAllLeftIsGivenUp(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		server := &pullServer{finish: make(chan struct{})}
		e := newFakeEngine(&fakeAPI{pull: server.pull})
		ctx, leave := context.WithCancel(t.Context())
		go e.PullImage(ctx, "app:1")
		go e.PullImage(ctx, "app:1")
		synctest.Wait()
		leave()
		synctest.Wait()
		if n := server.given.Load(); n != 1 {
			t.Errorf("%d pulls given up, want 1", n)
		}
		close(server.finish)
		if err := e.PullImage(t.Context(), "app:1"); err != nil {
			t.Errorf("the next caller got %v", err)
		}
	})
}

func TestCreateWhenTheNameGoesAwayMeanwhile(t *testing.T) {
	e := newFakeEngine(&fakeAPI{
		create: func(*container.Config, *container.HostConfig) (container.CreateResponse, error) {
			return container.CreateResponse{}, errdefs.ErrConflict.WithMessage("name is taken")
		},
		inspect: func() (container.InspectResponse, error) { return container.InspectResponse{}, errdefs.ErrNotFound },
	})
	_, err := e.CreateContainer(t.Context(), runtime.ContainerSpec{Name: "c", Labels: map[string]string{runtime.LabelInstance: "i1"}})
	WantRuntimeError(t, err, cannotCreate, "name is taken")
}
