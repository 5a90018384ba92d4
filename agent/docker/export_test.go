package docker

import (
	"errors"
	"strings"
	"testing"

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
