package testutil

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

const (
	// RequireDocker is an environment variable. If it is 1, a missing Docker Engine fails tests
	// instead of skipping them.
	RequireDocker = "GANTRY_REQUIRE_DOCKER"

	defaultDockerHost = "unix:///var/run/docker.sock"
)

// DockerHost returns the address of the Docker Engine to test with. Without one it skips the test,
// or fails it with GANTRY_REQUIRE_DOCKER=1.
func DockerHost(t testing.TB) string {
	t.Helper()
	host := cmp.Or(os.Getenv("DOCKER_HOST"), defaultDockerHost)
	if err := pingDocker(t.Context(), host); err != nil {
		message := fmt.Sprintf("NO DOCKER ENGINE at %s, so this is not tested: %v", host, err)
		if os.Getenv(RequireDocker) == "1" {
			t.Fatalf("%s (%s=1)", message, RequireDocker)
		}
		t.Skip(message)
	}
	return host
}

func pingDocker(ctx context.Context, host string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	engine, err := dialDocker(host)
	if err != nil {
		return err
	}
	defer engine.close()
	body, err := engine.call(ctx, http.MethodGet, "/_ping", nil)
	if err != nil {
		return err
	}
	return body.Close()
}

// dockerHTTP calls an engine over HTTP, without Docker's client, which only agent/docker may
// import.
type dockerHTTP struct {
	client http.Client
	base   string
}

func dialDocker(host string) (*dockerHTTP, error) {
	network, address, ok := strings.Cut(host, "://")
	if !ok || (network != "unix" && network != "tcp") {
		return nil, fmt.Errorf("use Docker Engine at %q: neither unix://PATH nor tcp://HOST:PORT", host)
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	return &dockerHTTP{client: http.Client{Transport: &http.Transport{DialContext: dial}}, base: "http://docker"}, nil
}

func (d *dockerHTTP) close() { d.client.CloseIdleConnections() }

// dockerError is an error that the engine answered.
type dockerError struct {
	status  int
	message string
}

func (e *dockerError) Error() string {
	return fmt.Sprintf("engine answers %d: %s", e.status, e.message)
}

// call calls the engine. The caller closes the body.
func (d *dockerHTTP) call(ctx context.Context, method, path string, body io.Reader) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, method, d.base+path, body)
	if err != nil {
		return nil, err
	}
	response, err := d.client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode < 300 {
		return response.Body, nil
	}
	defer response.Body.Close()
	message, _ := io.ReadAll(io.LimitReader(response.Body, 4<<10))
	return nil, &dockerError{status: response.StatusCode, message: string(bytes.TrimSpace(message))}
}
