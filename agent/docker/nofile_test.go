package docker

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/docker/docker/api/types/container"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// fewFilesAPI is an engine that starts no container whose limit of open files is above a thousand.
type fewFilesAPI struct {
	made    []container.HostConfig
	configs []container.Config
	started []string
	removed []string
}

func (f *fewFilesAPI) engine() *Engine {
	id := func() string { return string(rune('a' + len(f.made) - 1)) }
	return newFakeEngine(&fakeAPI{
		create: func(config *container.Config, host *container.HostConfig) (container.CreateResponse, error) {
			f.made, f.configs = append(f.made, *host), append(f.configs, *config)
			return container.CreateResponse{ID: id()}, nil
		},
		inspect: func() (container.InspectResponse, error) {
			config, host := f.configs[len(f.made)-1], f.made[len(f.made)-1]
			if config.Hostname == "" {
				config.Hostname = id()
			}
			host.Ulimits = slices.Clone(host.Ulimits)
			state := &container.State{Status: "created"}
			if len(f.started) == len(f.made)-len(f.removed) {
				state = &container.State{Status: "running", Running: true}
			}
			return container.InspectResponse{ContainerJSONBase: &container.ContainerJSONBase{ID: id(), Name: "/c", State: state, HostConfig: &host}, Config: &config}, nil
		},
		start: func(string) error {
			for _, u := range f.made[len(f.made)-1].Ulimits {
				if u.Name == "nofile" && u.Hard > 1000 {
					return errors.New("error setting rlimit type 7: operation not permitted")
				}
			}
			f.started = append(f.started, id())
			return nil
		},
		remove: func(id string) { f.removed = append(f.removed, id) },
	})
}

func ulimits(host container.HostConfig) (names []string) {
	for _, u := range host.Ulimits {
		names = append(names, u.String())
	}
	return names
}

func TestDefaultOfNofile(t *testing.T) {
	for _, test := range []struct {
		given []structs.Ulimit
		want  []string
	}{
		{nil, []string{"nofile=65535:65535"}},
		{[]structs.Ulimit{}, []string{"nofile=65535:65535"}},
		{[]structs.Ulimit{{Name: "nproc", SoftLimit: 5, HardLimit: 6}}, []string{"nproc=5:6", "nofile=65535:65535"}},
		{[]structs.Ulimit{{Name: "nofile", SoftLimit: 5, HardLimit: 6}}, []string{"nofile=5:6"}},
	} {
		f := &fewFilesAPI{}
		spec := runtime.ContainerSpec{Labels: map[string]string{runtime.LabelInstance: "i1"}, Definition: structs.ContainerDefinition{Ulimits: test.given}}
		if _, err := f.engine().CreateContainer(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		if got := ulimits(f.made[0]); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%v: got %q, want %q", test.given, got, test.want)
		}
	}
}

// An engine that may not set the default uses its own. A limit of a definition is never lowered.
func TestEngineWithFewFiles(t *testing.T) {
	f := &fewFilesAPI{}
	e := f.engine()
	spec := runtime.ContainerSpec{Labels: map[string]string{runtime.LabelInstance: "i1"}, Definition: structs.ContainerDefinition{Image: "app", Ulimits: []structs.Ulimit{{Name: "nproc", SoftLimit: 5, HardLimit: 6}}}}
	id, err := e.CreateContainer(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	state, err := e.StartContainer(t.Context(), id)
	if err != nil || state.ID != "b" || state.State != runtime.ContainerRunning {
		t.Errorf("started as %+v, error %v", state, err)
	}
	want := []string{"nproc=5:6"}
	if got := ulimits(f.made[1]); !reflect.DeepEqual(got, want) || !reflect.DeepEqual(f.removed, []string{"a"}) || f.configs[1].Hostname != "" {
		t.Errorf("recreated with %q and host name %q; removed %q", got, f.configs[1].Hostname, f.removed)
	}
	if _, err := e.CreateContainer(t.Context(), spec); err != nil || !reflect.DeepEqual(ulimits(f.made[2]), want) {
		t.Errorf("the next is created with %q, error %v", ulimits(f.made[2]), err)
	}

	f = &fewFilesAPI{}
	e = f.engine()
	spec.Definition.Ulimits = []structs.Ulimit{{Name: "nofile", SoftLimit: 65535, HardLimit: 65535}}
	if id, err = e.CreateContainer(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	_, err = e.StartContainer(t.Context(), id)
	WantRuntimeError(t, err, cannotStart, "rlimit")
}
