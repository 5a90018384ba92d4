package docker_test

import (
	"slices"
	"testing"

	"github.com/gantry-project/gantry/agent/runtime"
)

// A container that logs to a router finds the router's address, which is known only once that runs.
// One whose router does not run is started without it.
func TestAddressOfTheRouter(t *testing.T) {
	h := newHarness(t)
	router, app := h.spec("sleep"), h.spec("sleep")
	app.Router = router.Name
	alone := h.spec("sleep")
	alone.Router = "gantry-test-no-such-router"
	routerID, appID := h.create(router), h.create(app)
	running, err := h.StartContainer(t.Context(), routerID)
	if err != nil {
		t.Fatal(err)
	}
	started, err := h.StartContainer(t.Context(), appID)
	if err != nil || started.State != runtime.ContainerRunning || started.Name != app.Name {
		t.Fatalf("started %+v: %v", started, err)
	}
	address := h.AddressOf(t, running.ID)
	if env := h.Variables(t, started.ID); address == "" || !slices.Contains(env, "FLUENT_HOST="+address) || !slices.Contains(env, "FLUENT_PORT=24224") {
		t.Errorf("the router is at %q, and the container has %q", address, env)
	}
	if env := h.Variables(t, h.run(alone).ID); slices.Contains(env, "FLUENT_PORT=24224") {
		t.Errorf("without a router, a container has %q", env)
	}
}
