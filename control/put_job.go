package control

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// PutJob makes a job what a job file says. The same file again finds nothing to change, and says so.
func (c *Control) PutJob(ctx context.Context, spec *structs.JobSpec) (*structs.JobPut, error) {
	var answer *structs.JobPut
	_, err := retryConflicts(func() (*structs.Job, error) {
		snap, err := c.Read(ctx)
		if err != nil {
			return nil, err
		}
		change, err := changeJob(snap, spec, c.mintJobIDs(), c.now())
		if err != nil {
			return nil, err
		}
		for _, cmd := range change.commands {
			if _, err := c.Log.Apply(ctx, cmd); err != nil {
				return nil, inJobWords(err)
			}
		}
		answer = change.answer()
		if job := c.Store.Snapshot().Job(change.next.ID); job != nil {
			answer.TaskDefinition = job.TaskDefinition // the log decides which revision is next
		}
		return change.next, nil
	})
	return answer, err
}

// answer says what the change is.
func (ch *jobChange) answer() *structs.JobPut {
	job := ch.next
	a := &structs.JobPut{
		Result: ch.result(), ID: job.ID, Name: job.Name, Cluster: job.Cluster, Type: job.Type,
		Version: job.Version, TaskDefinition: job.TaskDefinition, Changes: ch.fields, Evaluation: ch.evaluation,
	}
	if ch.deployment != nil {
		a.Deployment = ch.deployment.ID
	}
	return a
}

func (ch *jobChange) result() string {
	switch {
	case ch.present == nil:
		return structs.JobCreated
	case len(ch.commands) == 0:
		return structs.JobUnchanged
	}
	return structs.JobUpdated
}
