package client

import (
	"context"
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

// Simulate says what would happen in a scenario. Nothing does.
func (c *Client) Simulate(ctx context.Context, in structs.Scenario) (structs.Simulation, error) {
	var out structs.Simulation
	err := c.do(ctx, http.MethodPost, "/v1/simulate", nil, in, &out)
	return out, err
}
