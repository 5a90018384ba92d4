package docker

import (
	"bytes"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/stdcopy"
)

// Output returns what a container without a terminal has written.
func (e *Engine) Output(t *testing.T, id string) string {
	t.Helper()
	logs, err := e.api.(*client.Client).ContainerLogs(t.Context(), id, container.LogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		t.Fatal(err)
	}
	defer logs.Close()
	var text bytes.Buffer
	if _, err := stdcopy.StdCopy(&text, &text, logs); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// Limits returns the limits of a container according to its engine.
func (e *Engine) Limits(t *testing.T, id string) (quota, period, pids int64) {
	t.Helper()
	c, err := e.api.ContainerInspect(t.Context(), id)
	if err != nil || c.HostConfig.PidsLimit == nil {
		t.Fatal(err, c.HostConfig)
	}
	return c.HostConfig.CPUQuota, c.HostConfig.CPUPeriod, *c.HostConfig.PidsLimit
}

// Privileged reports whether a container is.
func (e *Engine) Privileged(t *testing.T, id string) bool {
	t.Helper()
	c, err := e.api.ContainerInspect(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c.HostConfig.Privileged
}
