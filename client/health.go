package client

import (
	"context"
	"net/http"
)

// Health is what a server tells anyone about itself.
type Health struct {
	Status string `json:"status"`
}

// Health asks whether the server's process is alive.
func (c *Client) Health(ctx context.Context) (Health, error) {
	var out Health
	err := c.do(ctx, http.MethodGet, "/v1/health", nil, nil, &out)
	return out, err
}
