package control

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// StopJob stops a job, found as by DescribeJob: a service or daemon is deleted, with its tasks; the tasks of a batch job are
// stopped. Gives the job as it then is. Stopping it again changes nothing.
func (c *Control) StopJob(ctx context.Context, cluster, name string) (*structs.Job, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	job, err := findJob(snap, cluster, name)
	if err != nil {
		return nil, err
	}
	if job.Type != structs.JobBatch {
		if job.Status == structs.ServiceInactive {
			return job, nil
		}
		return c.DeleteService(ctx, cluster, job.Name, true)
	}
	cmd := structs.StopTasks{StopCode: structs.StopUserInitiated, Reason: "Job stopped by user", At: c.now()}
	for t := range snap.JobTasks(job.ID) {
		if t.DesiredStatus == structs.TaskRunning {
			cmd.Tasks = append(cmd.Tasks, t.ID)
		}
	}
	if slices.Sort(cmd.Tasks); len(cmd.Tasks) == 0 {
		return job, nil
	}
	_, err = c.Log.Apply(ctx, cmd)
	return job, err
}
