package docker_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"

	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/testutil"
)

// shelf is a registry and the harness whose engine pulls from it.
type shelf struct {
	*harness
	*testutil.Registry
	plain *client.Client
}

func newShelf(t *testing.T) *shelf {
	s := &shelf{harness: newHarness(t), Registry: testutil.StartRegistry(t)}
	var err error
	s.plain, err = client.NewClientWithOpts(client.WithHost(s.host), client.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		images, err := s.ListImages(context.Background())
		if err != nil {
			t.Error(err)
		}
		for _, i := range images {
			for _, name := range slices.Concat(i.Tags, i.Digests) {
				if strings.HasPrefix(name, s.Address) {
					s.plain.ImageRemove(context.Background(), name, image.RemoveOptions{Force: true})
				}
			}
		}
		s.plain.Close()
	})
	return s
}

func layer(t *testing.T) []byte {
	return testutil.AppLayer(t, testutil.File{Name: "random", Mode: 0o644, Body: []byte(randomID())})
}

func (s *shelf) pull(name string, login runtime.Login) error {
	return s.PullImage(s.T.Context(), name, login, func(runtime.PullProgress) {})
}

func (s *shelf) mustPull(name string) {
	s.Helper()
	if err := s.pull(name, runtime.Login{}); err != nil {
		s.Fatal(err)
	}
}

// A container's digest is that of the manifest that the registry has, also if the image was there
// before or has another name.
func TestDigestOfARegistrysImage(t *testing.T) {
	s := newShelf(t)
	want := s.Push("app", "1", layer(t))
	name := s.Address + "/app"
	for range 2 {
		s.mustPull(name + ":1")
		s.wantDigest(name+":1", want)
	}
	s.mustPull(name + "@" + want)
	s.wantDigest(name+"@"+want, want)
	other := s.Address + "/other:1"
	if err := s.TagImage(t.Context(), name+":1", other); err != nil {
		t.Fatal(err)
	}
	s.wantDigest(other, want)
	s.wantDigest(s.image, "") // imported
}

func (h *harness) wantDigest(name, want string) {
	h.Helper()
	spec := h.spec()
	spec.Definition.Image = name
	state, _, err := h.InspectContainer(h.Context(), h.create(spec))
	if err != nil || state.Image != want {
		h.Errorf("%s has the digest %q, error %v; want %q", name, state.Image, err, want)
	}
}

// A pinned container runs its digest, although the tag is there and means something else. The
// digest of an image of several platforms is its index's, in the answer of the registry and in
// the container's.
func TestPinnedDigestRuns(t *testing.T) {
	s := newShelf(t)
	name := s.Address + "/app:1"
	first := s.PushIndex("app", "1", layer(t))
	if got, err := s.AskRegistry(t.Context(), name, runtime.Login{}); err != nil || got != first {
		t.Fatalf("the registry has %s, error %v; want the index, %s", got, err, first)
	}
	exact, err := runtime.WithDigest(name, first)
	if err != nil {
		t.Fatal(err)
	}
	s.mustPull(exact)
	s.Push("app", "1", layer(t))
	s.mustPull(name)
	spec := s.spec("sleep")
	spec.Definition.Image, spec.Digest = name, first
	state := s.run(spec)
	if state.Image != first {
		t.Errorf("it has the digest %s, want %s", state.Image, first)
	}
	container, err := s.plain.ContainerInspect(t.Context(), state.ID)
	pinned, _, err2 := s.InspectImage(t.Context(), exact)
	if err != nil || err2 != nil || container.Image != pinned.ID {
		t.Errorf("it runs %s, errors %v, %v; want %s", container.Image, err, err2, pinned.ID)
	}
}

// Who may not have an image reads what to do, and never a password.
func TestPullWithCredentials(t *testing.T) {
	s := newShelf(t)
	s.Push("app", "1", layer(t))
	s.Require("me", "secret-word")
	name := s.Address + "/app:1"
	nobody := s.pull(name, runtime.Login{})
	docker.WantRuntimeError(t, nobody, "CannotPullContainerError", "no credentials for "+s.Address, "--registry-credentials")
	wrong := s.pull(name, runtime.Login{Username: "me", Password: "wrong-word"})
	docker.WantRuntimeError(t, wrong, "CannotPullContainerError", "refused the credentials", s.Address)
	_, asked := s.AskRegistry(t.Context(), name, runtime.Login{Username: "me", Password: "wrong-word"})
	docker.WantRuntimeError(t, asked, "CannotPullContainerError", "refused the credentials")
	for _, err := range []error{nobody, wrong, asked} {
		if failed, _ := errors.AsType[*runtime.Error](err); failed.Transient || strings.Contains(err.Error(), "word") {
			t.Errorf("transient %v: %v", failed.Transient, err)
		}
	}
	if err := s.pull(name, runtime.Login{Username: "me", Password: "secret-word"}); err != nil {
		t.Error(err)
	}
}

// A registry that breaks off may do better a moment later; one that does not have the image will
// not.
func TestWhichPullsAreTriedAgain(t *testing.T) {
	s := newShelf(t)
	s.Push("app", "1", layer(t))
	transient := func(name string) bool {
		t.Helper()
		err := s.pull(name, runtime.Login{})
		failed, ok := errors.AsType[*runtime.Error](err)
		if !ok {
			t.Fatalf("%s: got %v, want a refusal", name, err)
		}
		return failed.Transient
	}
	if transient(s.Address + "/app:2") {
		t.Error("an image that the registry does not have is tried again")
	}
	if !transient("127.0.0.1:1/app:1") {
		t.Error("a registry that does not listen is not tried again")
	}
	s.Fault(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "busy", http.StatusServiceUnavailable) })
	if !transient(s.Address + "/app:1") {
		t.Error("a registry that is busy is not tried again")
	}
}
