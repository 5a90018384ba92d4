package docker

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/system"
)

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

func TestPodmanIsRefused(t *testing.T) {
	e := newFakeEngine(&fakeAPI{
		info:   func() (system.Info, error) { return system.Info{ServerVersion: "4.3.1"}, nil },
		engine: types.Version{Components: []types.ComponentVersion{{Name: "Podman Engine", Version: "4.3.1"}, {Name: "Conmon"}}},
	})
	_, err := e.Info(t.Context())
	for _, words := range []string{e.host, "Podman 4.3.1", "docs/engines.md", "apt-get install docker.io"} {
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v does not say %q", err, words)
		}
	}
}
