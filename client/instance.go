package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gantry-project/gantry/structs"
)

// Instances lists the container instances of a cluster and the resources that their tasks hold.
func (c *Client) Instances(ctx context.Context, cluster string) (structs.InstanceList, error) {
	var out structs.InstanceList
	err := c.do(ctx, http.MethodGet, "/v1/instances", url.Values{"cluster": {cluster}}, nil, &out)
	return out, err
}
