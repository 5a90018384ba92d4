package client

import (
	"context"
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

// Simulate returns what would happen in a scenario, and changes nothing.
func (c *Client) Simulate(ctx context.Context, in structs.Scenario) (structs.Simulation, error) {
	var out structs.Simulation
	err := c.do(ctx, http.MethodPost, "/v1/simulate", nil, in, &out)
	return out, err
}
