package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gantry-project/gantry/structs"
)

// EvaluationFilter selects evaluations. The zero value selects the newest of all clusters.
type EvaluationFilter struct {
	Cluster string // empty: every cluster
	Job     string // a Job.ID; empty: every job
	Limit   int    // how many at most; zero: the server's default
}

// Evaluations lists evaluations, newest first.
func (c *Client) Evaluations(ctx context.Context, f EvaluationFilter) (structs.EvaluationList, error) {
	query := url.Values{}
	if f.Cluster != "" {
		query.Set("cluster", f.Cluster)
	}
	if f.Job != "" {
		query.Set("job", f.Job)
	}
	if f.Limit > 0 {
		query.Set("limit", strconv.Itoa(f.Limit))
	}
	var out structs.EvaluationList
	err := c.do(ctx, http.MethodGet, "/v1/evaluations", query, nil, &out)
	return out, err
}

// Evaluation returns one evaluation.
func (c *Client) Evaluation(ctx context.Context, id string) (structs.Evaluation, error) {
	var out structs.Evaluation
	err := c.do(ctx, http.MethodGet, "/v1/evaluations/"+url.PathEscape(id), nil, nil, &out)
	return out, err
}
