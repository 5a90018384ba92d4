package docker

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"

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
)

// fakeAPI answers the calls whose field is set. Any other call is a bug of the test.
type fakeAPI struct {
	api
	version string // of the API
	info    func() (system.Info, error)
	engine  types.Version
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
func (f *fakeAPI) ClientVersion() string                     { return f.version }
func (f *fakeAPI) Ping(context.Context) (types.Ping, error)  { return types.Ping{}, f.ping() }

func (f *fakeAPI) ServerVersion(context.Context) (types.Version, error) { return f.engine, nil }

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

func (f *fakeAPI) ContainerRename(context.Context, string, string) error { return nil }

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

func (f *fakeAPI) ContainerInspect(_ context.Context, id string) (container.InspectResponse, error) {
	if strings.HasSuffix(id, suffixReplaced) {
		return container.InspectResponse{}, errdefs.ErrNotFound
	}
	return f.inspect()
}

func newFakeEngine(f *fakeAPI) *Engine {
	return &Engine{api: f, host: "unix:///fake.sock", instance: "i1", log: slog.New(slog.DiscardHandler), known: new(atomic.Pointer[knownEngine]),
		registries: newRegistries(), ports: newHostPorts(), fewFiles: new(atomic.Bool), quota: new(quota)}
}
