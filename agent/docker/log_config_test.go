package docker_test

import (
	"maps"
	"testing"

	"github.com/docker/docker/api/types/container"

	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// Output that agents read from files goes to bounded ones, which are not compressed; other drivers
// get what the definition says.
func TestLogConfig(t *testing.T) {
	type options = map[string]string
	bounded := options{"max-size": "10m", "max-file": "5"}
	for name, test := range map[string]struct {
		log  *structs.LogConfiguration
		want container.LogConfig
	}{
		"none": {nil, container.LogConfig{}},
		"awslogs": {&structs.LogConfiguration{LogDriver: "awslogs", Options: options{
			"awslogs-group": "/g", "awslogs-region": "r", "awslogs-stream-prefix": "p", "mode": "non-blocking", "max-buffer-size": "25m"}},
			container.LogConfig{Type: "json-file", Config: options{"max-size": "10m", "max-file": "5", "mode": "non-blocking", "max-buffer-size": "25m"}}},
		"json-file": {&structs.LogConfiguration{LogDriver: "json-file"}, container.LogConfig{Type: "json-file", Config: bounded}},
		"json-file, bounds": {&structs.LogConfiguration{LogDriver: "json-file", Options: options{"max-size": "1m", "max-file": "1", "compress": "true", "tag": "x"}},
			container.LogConfig{Type: "json-file", Config: options{"max-size": "1m", "max-file": "2", "tag": "x"}}},
		"another": {&structs.LogConfiguration{LogDriver: "syslog", Options: options{"tag": "x"}}, container.LogConfig{Type: "syslog", Config: options{"tag": "x"}}},
	} {
		got, err := docker.LogConfig(runtime.ContainerSpec{Definition: structs.ContainerDefinition{LogConfiguration: test.log}})
		if err != nil || got.Type != test.want.Type || !maps.Equal(got.Config, test.want.Config) {
			t.Errorf("%s: %+v, error %v; want %+v", name, got, err, test.want)
		}
	}
}

// A container without a log driver has bounded files too, and one with unknown options of awslogs
// is refused in Docker's words.
func TestLogConfigOnEngine(t *testing.T) {
	h := newHarness(t)
	files, ok, err := h.InspectLogs(t.Context(), h.run(h.spec("print", "x")).ID)
	if err != nil || !ok || files.Driver != "json-file" || files.Files != 5 || files.Path == "" {
		t.Errorf("%+v, %t, %v", files, ok, err)
	}
	created, ok, err := h.InspectLogs(t.Context(), h.create(h.spec("print", "x")))
	if err != nil || !ok || created.Path == "" {
		t.Errorf("before the start: %+v, %t, %v", created, ok, err)
	}
	spec := h.spec("print", "x")
	spec.Definition.LogConfiguration = &structs.LogConfiguration{LogDriver: "awslogs", Options: map[string]string{"awslogs-group": "/g", "awslogs-grop": "/g"}}
	_, err = h.CreateContainer(t.Context(), spec)
	if want := "CannotCreateContainerError: unknown log opt 'awslogs-grop' for awslogs log driver"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
