package docker

import (
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// Engines that know an interval for the start period get the definition's; older ones must not see
// it.
func TestIntervalInTheStartPeriod(t *testing.T) {
	for version, want := range map[string]time.Duration{"1.41": 0, "1.43": 0, "1.44": 7 * time.Second, "1.51": 7 * time.Second} {
		var got *container.HealthConfig
		e := newFakeEngine(&fakeAPI{version: version, create: func(c *container.Config, _ *container.HostConfig) (container.CreateResponse, error) {
			got = c.Healthcheck
			return container.CreateResponse{}, nil
		}})
		spec := runtime.ContainerSpec{Name: "c", Labels: map[string]string{runtime.LabelInstance: "i1"}, Definition: structs.ContainerDefinition{
			HealthCheck: &structs.HealthCheck{Command: []string{"check"}, Interval: new(int32(7)), StartPeriod: new(int32(60))}}}
		if _, err := e.CreateContainer(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		if got.StartInterval != want || got.Interval != 7*time.Second {
			t.Errorf("API %s: %v inside the start period, want %v", version, got.StartInterval, want)
		}
	}
}
