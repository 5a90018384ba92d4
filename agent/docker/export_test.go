package docker

import (
	"errors"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/go-connections/nat"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// WantRuntimeError checks that an error is a *runtime.Error with the name, whose reason has all the
// words.
func WantRuntimeError(t *testing.T, err error, name string, words ...string) {
	t.Helper()
	var failed *runtime.Error
	if !errors.As(err, &failed) {
		t.Fatalf("got error %v, want a %s", err, name)
	}
	if failed.Name != name {
		t.Errorf("got %s, want %s (%v)", failed.Name, name, err)
	}
	for _, w := range words {
		if !strings.Contains(failed.Reason, w) {
			t.Errorf("reason %q does not say %q", failed.Reason, w)
		}
	}
}

// Mapping returns a port mapping. A negative host port is left out.
func Mapping(containerPort, hostPort int32, protocol string) structs.PortMapping {
	m := structs.PortMapping{ContainerPort: &containerPort, Protocol: protocol}
	if hostPort >= 0 {
		m.HostPort = &hostPort
	}
	return m
}

// DynamicPorts returns the label of a container with the host ports that the agent chose.
func (e *Engine) DynamicPorts(t *testing.T, id string) string {
	t.Helper()
	c, err := e.api.ContainerInspect(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c.Config.Labels[labelDynamicPorts]
}

// StartWithoutHelp starts a container as an agent does that is killed before it sees the answer.
func (e *Engine) StartWithoutHelp(t *testing.T, id string) error {
	return e.api.ContainerStart(t.Context(), id, container.StartOptions{})
}

// RenameToReplace does the first step of replacing a container, as an agent that is killed then.
func (e *Engine) RenameToReplace(t *testing.T, id, name string) {
	t.Helper()
	if err := e.api.ContainerRename(t.Context(), id, name+suffixReplaced); err != nil {
		t.Fatal(err)
	}
}

// IPv4Only takes a port of one family, as `docker run -p 0.0.0.0::80`.
func IPv4Only(t *testing.T, spec runtime.ContainerSpec, e *Engine) {
	t.Helper()
	config := &container.Config{Image: spec.Definition.Image, Labels: spec.Labels, ExposedPorts: nat.PortSet{"80/tcp": {}}}
	host := &container.HostConfig{PortBindings: nat.PortMap{"80/tcp": {{HostIP: "0.0.0.0"}}}}
	made, err := e.api.ContainerCreate(t.Context(), config, host, nil, nil, spec.Name)
	if err == nil {
		err = e.api.ContainerStart(t.Context(), made.ID, container.StartOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// LogConfig is logConfig.
var LogConfig = logConfig

// LogDriver returns the log driver of a container and its options.
func (e *Engine) LogDriver(t *testing.T, id string) (driver string, options map[string]string) {
	t.Helper()
	c, err := e.api.ContainerInspect(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c.HostConfig.LogConfig.Type, c.HostConfig.LogConfig.Config
}

// Variables returns the environment of a container, as NAME=VALUE.
func (e *Engine) Variables(t *testing.T, id string) []string {
	t.Helper()
	c, err := e.api.ContainerInspect(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c.Config.Env
}

// AddressOf returns the address of a running container.
func (e *Engine) AddressOf(t *testing.T, id string) string {
	t.Helper()
	c, err := e.api.ContainerInspect(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return addressOf(c)
}
