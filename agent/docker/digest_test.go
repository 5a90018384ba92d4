package docker

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// digestOf returns a digest of one letter.
func digestOf(letter string) string { return "sha256:" + strings.Repeat(letter, 64) }

func TestDigest(t *testing.T) {
	a, b, c := digestOf("a"), digestOf("b"), digestOf("c")
	for title, test := range map[string]struct {
		name    string
		id      string // of the image
		digests []string
		known   string // to the registry
		want    string
	}{
		"imported":                            {"app:1", a, nil, "", ""},
		"pulled":                              {"app:1", a, []string{"app@" + b}, "", b},
		"pulled from a registry of one's own": {"127.0.0.1:5000/app:1", a, []string{"127.0.0.1:5000/app@" + b}, "", b},
		"tagged anew":                         {"app:1", a, []string{"127.0.0.1:5000/other@" + c, "app@" + b}, "", b},
		"tagged anew alone":                   {"app:1", a, []string{"127.0.0.1:5000/other@" + c}, "", c},
		"by its digest":                       {"app@" + c, a, []string{"app@" + b, "app@" + c}, "", c},
		"containerd's store, imported":        {"app:1", a, []string{"app@" + a}, "", ""},
		"containerd's store, pulled":          {"app:1", a, []string{"app@" + a}, "docker.io/library/app@" + a, a},
		"containerd's store, tagged anew":     {"app:1", a, []string{"app@" + a, "127.0.0.1:5000/app@" + a}, "", ""},
		"nonsense":                            {"app:1", a, []string{"<none>@<none>"}, "", ""},
	} {
		t.Run(title, func(t *testing.T) {
			asked := 0
			e := newFakeEngine(&fakeAPI{
				image: func() (image.InspectResponse, error) {
					return image.InspectResponse{ID: test.id, RepoDigests: test.digests}, nil
				},
				ask: func(ref string) error {
					if asked++; ref != test.known {
						return errdefs.ErrNotFound
					}
					return nil
				},
			})
			for range 2 {
				if got := e.digest(t.Context(), test.name); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
			}
			if asked > 1 {
				t.Errorf("the registry was asked %d times", asked)
			}
		})
	}
}

// An image that this process pulled came from a registry. It need not be asked, and it may limit
// how often it is.
func TestDigestOfWhatWasPulledHere(t *testing.T) {
	there := false
	e := newFakeEngine(&fakeAPI{
		pull: func(context.Context, string) (io.ReadCloser, error) {
			there = true
			return io.NopCloser(strings.NewReader(`{"status":"Pulling"}`)), nil
		},
		image: func() (image.InspectResponse, error) {
			if !there {
				return image.InspectResponse{}, errdefs.ErrNotFound
			}
			return image.InspectResponse{ID: digestOf("a"), RepoDigests: []string{"app@" + digestOf("a")}}, nil
		},
		ask: func(ref string) error {
			t.Error("the registry is asked for " + ref)
			return errors.New("away")
		},
	})
	if err := pull(e, "app:1"); err != nil {
		t.Fatal(err)
	}
	if got := e.digest(t.Context(), "app:1"); got != digestOf("a") {
		t.Errorf("got %q", got)
	}
}

func TestContainerKeepsItsDigest(t *testing.T) {
	var labels map[string]string
	e := newFakeEngine(&fakeAPI{
		image: func() (image.InspectResponse, error) {
			return image.InspectResponse{ID: digestOf("a"), RepoDigests: []string{"app@" + digestOf("b")}}, nil
		},
		create: func(config *container.Config, _ *container.HostConfig) (container.CreateResponse, error) {
			labels = config.Labels
			return container.CreateResponse{ID: "c"}, nil
		},
	})
	if _, err := e.CreateContainer(t.Context(), runtime.ContainerSpec{
		Labels:     map[string]string{runtime.LabelInstance: "i1"},
		Definition: structs.ContainerDefinition{Image: "app:1", DockerLabels: map[string]string{labelDigest: "mine", labelNofile: "mine"}},
	}); err != nil {
		t.Fatal(err)
	}
	c := container.InspectResponse{ContainerJSONBase: &container.ContainerJSONBase{State: &container.State{Status: "created"}},
		Config: &container.Config{Labels: labels}}
	if got := stateOf(c).Image; got != digestOf("b") {
		t.Errorf("got %q", got)
	}
}
