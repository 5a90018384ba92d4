package client

import (
	"context"
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

// Members lists the servers and agents that the server knows by gossip.
func (c *Client) Members(ctx context.Context) (structs.MemberList, error) {
	var out structs.MemberList
	err := c.do(ctx, http.MethodGet, "/v1/members", nil, nil, &out)
	return out, err
}
