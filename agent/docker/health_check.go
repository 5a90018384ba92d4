package docker

import (
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/versions"

	"github.com/gantry-project/gantry/structs"
)

// noStartPeriod is the shortest start period that Docker accepts. For zero it uses the image's.
const noStartPeriod = time.Millisecond

// apiStartInterval is the first API version with an interval for the start period. The client
// refuses to send one to an older engine.
const apiStartInterval = "1.44"

// healthCheck fills in ECS's defaults, which differ from Docker's. ECS ignores the health check of
// an image. Here it is switched off if the definition has none, so it never makes a task UNHEALTHY;
// otherwise it adds nothing to the definition's.
func healthCheck(check *structs.HealthCheck) (*container.HealthConfig, error) {
	if !check.Checks() {
		return &container.HealthConfig{Test: []string{"NONE"}}, nil
	}
	test, err := check.Test()
	if err != nil {
		return nil, err
	}
	return &container.HealthConfig{
		Test:        test,
		Interval:    seconds(check.Interval, 30),
		Timeout:     seconds(check.Timeout, 5),
		Retries:     int(valueOr(check.Retries, 3)),
		StartPeriod: max(seconds(check.StartPeriod, 0), noStartPeriod),
	}, nil
}

// keepInterval makes the definition's interval hold in the start period as well. Without that,
// engines probe every 5 seconds there (28.5).
func (e *Engine) keepInterval(check *container.HealthConfig) {
	if check != nil && versions.GreaterThanOrEqualTo(e.api.ClientVersion(), apiStartInterval) {
		check.StartInterval = check.Interval
	}
}
