package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gantry-project/gantry/structs"
)

// Tasks lists the tasks of a cluster, newest first, with all=true also those that have stopped.
func (c *Client) Tasks(ctx context.Context, cluster string, all bool) (structs.TaskList, error) {
	var out structs.TaskList
	query := url.Values{"cluster": {cluster}, "all": {strconv.FormatBool(all)}}
	err := c.do(ctx, http.MethodGet, "/v1/tasks", query, nil, &out)
	return out, err
}
