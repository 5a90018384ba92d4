package control

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// StopJob stops a job, found as in DescribeJob: a service or daemon is deleted, a batch job ends,
// and their tasks are stopped. It returns the job. Stopping it again changes nothing.
func (c *Control) StopJob(ctx context.Context, cluster, name string) (*structs.Job, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	job, err := findJob(snap, cluster, name)
	if err != nil {
		return nil, err
	}
	switch {
	case job.Status == structs.ServiceInactive:
		return job, nil
	case job.Type != structs.JobBatch:
		return c.DeleteService(ctx, cluster, job.Name, true)
	}
	if _, err := c.config.Log.Apply(ctx, structs.StopJob{Job: job.ID, At: c.Now()}); err != nil {
		return nil, err
	}
	return c.config.Store.Snapshot().Job(job.ID), nil
}
