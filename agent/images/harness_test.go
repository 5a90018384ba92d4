package images

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// engine is a container engine and the registry behind it.
type engine struct {
	mu       sync.Mutex
	local    map[string]runtime.Image // by full name
	registry map[string]string        // digests by full name
	down     error                    // what the registry answers, if not nil
	hangs    bool                     // the registry does not answer
	pull     func(context.Context, func(runtime.PullProgress)) error
	pulls    []string
	asks     int
	logins   []runtime.Login
	removed  []string
	onRemove func()
}

func newEngine() *engine {
	return &engine{local: map[string]runtime.Image{}, registry: map[string]string{}}
}

var errAway = &runtime.Error{Name: cannotPull, Reason: "connection refused", Transient: true}

func (e *engine) InspectImage(_ context.Context, name string) (runtime.Image, bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	image, ok := e.local[full(name)]
	return image, ok, nil
}

func (e *engine) AskRegistry(ctx context.Context, name string, login runtime.Login) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asks++
	e.logins = append(e.logins, login)
	if e.hangs {
		e.mu.Unlock()
		<-ctx.Done()
		e.mu.Lock()
		return "", ctx.Err()
	}
	if e.down != nil {
		return "", e.down
	}
	if digest := e.registry[full(name)]; digest != "" {
		return digest, nil
	}
	return "", &runtime.Error{Name: cannotPull, Reason: "not found"}
}

func (e *engine) PullImage(ctx context.Context, name string, login runtime.Login, progress func(runtime.PullProgress)) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pulls = append(e.pulls, name)
	e.logins = append(e.logins, login)
	if pull := e.pull; pull != nil {
		e.mu.Unlock()
		err := pull(ctx, progress)
		e.mu.Lock()
		if err != nil {
			return err
		}
	}
	if e.down != nil {
		return e.down
	}
	_, digest, exact := strings.Cut(full(name), "@")
	if !exact {
		if digest = e.registry[full(name)]; digest == "" {
			return &runtime.Error{Name: cannotPull, Reason: "not found"}
		}
	}
	e.put(full(name), digest)
	return nil
}

// put makes an image present under a name and its digest. The lock must be held.
func (e *engine) put(name, digest string) {
	image := runtime.Image{ID: digest}
	if digest != "" {
		exact, err := runtime.WithDigest(name, digest)
		if err != nil {
			panic(err)
		}
		image.Digests = []string{exact}
		e.local[exact] = image
	}
	if !strings.Contains(name, "@") {
		image.Tags = []string{name}
	}
	e.local[name] = image
}

func (e *engine) TagImage(_ context.Context, name, tag string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, digest, _ := strings.Cut(full(name), "@")
	e.put(full(tag), digest)
	return nil
}

func (e *engine) ListImages(context.Context) (list []runtime.Image, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, image := range e.local {
		if len(image.Tags) > 0 {
			list = append(list, image)
		}
	}
	return list, nil
}

func (e *engine) RemoveImage(_ context.Context, name string) error {
	if e.onRemove != nil {
		e.onRemove()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ok := e.local[full(name)]; ok {
		delete(e.local, full(name))
		e.removed = append(e.removed, name)
	}
	return nil
}

func (e *engine) pulled() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.pulls)
}

// servers decide on digests.
type servers struct {
	mu     sync.Mutex
	pins   []structs.PinnedImage
	calls  int
	refuse error
	wait   chan struct{} // if not nil, nobody answers until it is closed
}

func (s *servers) pin(ctx context.Context, _ string, images []structs.PinnedImage) ([]structs.PinnedImage, error) {
	s.mu.Lock()
	wait := s.wait
	s.mu.Unlock()
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	for _, p := range images {
		if structs.PinnedDigest(s.pins, p.Container) == "" {
			s.pins = append(s.pins, p)
		}
	}
	return s.pins, s.refuse
}

// start returns Images on an engine, with a record of their own.
func start(t *testing.T, cfg Config, e *engine, s *servers) *Images {
	t.Helper()
	if s == nil {
		s = &servers{}
	}
	return New(cfg, Parts{
		Engine: e, Pin: s.pin, Record: filepath.Join(t.TempDir(), "images.json"), Logger: slog.New(slog.DiscardHandler),
		Info: func(context.Context) (runtime.Info, error) { return runtime.Info{DataRoot: t.TempDir()}, nil },
	})
}

func digest(letter string) string { return "sha256:" + strings.Repeat(letter, 64) }

// A name in full, as engines know it.
const app = "registry.test/app:1"

// mustPull pulls an image that can be had, and lets go of it.
func mustPull(t *testing.T, i *Images, w Want) string {
	t.Helper()
	held, err := i.Pull(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	held.Release()
	return held.Digest
}
