package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gantry-project/gantry/structs"
)

// Deploy makes a service that runs an image, reachable over HTTPS, or changes one.
func (c *Client) Deploy(ctx context.Context, in structs.Deploy) (structs.Deployed, error) {
	var out structs.Deployed
	err := c.do(ctx, http.MethodPost, "/v1/deploys", nil, in, &out)
	return out, err
}

// Undo takes a service back to its last version that ran other tasks.
func (c *Client) Undo(ctx context.Context, cluster, name string) (structs.Deployed, error) {
	var out structs.Deployed
	err := c.do(ctx, http.MethodPost, "/v1/services/"+url.PathEscape(name)+"/undo", url.Values{"cluster": {cluster}}, nil, &out)
	return out, err
}
