package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gantry-project/gantry/structs"
)

// jobFile is the text of a job file. JSON is YAML too.
type jobFile []byte

// PutJob creates or updates the job of a file. Putting a batch job again with the same token
// (empty: none) does not run it twice.
func (c *Client) PutJob(ctx context.Context, file []byte, token string) (structs.JobPut, error) {
	var out structs.JobPut
	var query url.Values
	if token != "" {
		query = url.Values{"clientToken": {token}}
	}
	err := c.do(ctx, http.MethodPost, "/v1/jobs", query, jobFile(file), &out)
	return out, err
}

// PlanJob returns what PutJob would do.
func (c *Client) PlanJob(ctx context.Context, file []byte) (structs.JobPlan, error) {
	var out structs.JobPlan
	err := c.do(ctx, http.MethodPost, "/v1/jobs/plan", nil, jobFile(file), &out)
	return out, err
}

// Jobs lists the jobs of a cluster, with all=true also those that have ended.
func (c *Client) Jobs(ctx context.Context, cluster string, all bool) (structs.JobList, error) {
	var out structs.JobList
	query := url.Values{"cluster": {cluster}, "all": {strconv.FormatBool(all)}}
	err := c.do(ctx, http.MethodGet, "/v1/jobs", query, nil, &out)
	return out, err
}

// Job returns all that is known about a job, found by its name or id.
func (c *Client) Job(ctx context.Context, cluster, name string) (structs.JobDetail, error) {
	var out structs.JobDetail
	err := c.do(ctx, http.MethodGet, "/v1/jobs/"+url.PathEscape(name), url.Values{"cluster": {cluster}}, nil, &out)
	return out, err
}

// StopJob stops a job and its tasks.
func (c *Client) StopJob(ctx context.Context, cluster, name string) (structs.Job, error) {
	var out structs.Job
	err := c.do(ctx, http.MethodDelete, "/v1/jobs/"+url.PathEscape(name), url.Values{"cluster": {cluster}}, nil, &out)
	return out, err
}
