package client

import (
	"context"
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

// LoadBalancers returns all load balancers, and all target groups with their targets.
func (c *Client) LoadBalancers(ctx context.Context) (structs.LoadBalancerList, error) {
	var out structs.LoadBalancerList
	err := c.do(ctx, http.MethodGet, "/v1/load-balancers", nil, nil, &out)
	return out, err
}

// TrafficStats returns what the ingress instances counted.
func (c *Client) TrafficStats(ctx context.Context) (structs.TrafficStatsList, error) {
	var out structs.TrafficStatsList
	err := c.do(ctx, http.MethodPost, "/v1/traffic/stats", nil, nil, &out)
	return out, err
}
