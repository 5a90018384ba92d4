package control

import (
	"context"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// PutJob creates or updates the job of a job file. The same file again changes nothing, except that
// a batch job whose run has ended starts another run. With a token (empty: none; at most 64
// characters), as in RunTask, the answer is then the run that it started.
func (c *Control) PutJob(ctx context.Context, spec *structs.JobSpec, token string) (*structs.JobPut, error) {
	run, err := newRunToken(spec, token)
	if err != nil {
		return nil, err
	}
	var answer *structs.JobPut
	_, err = retryConflicts(func() (*structs.Job, error) {
		snap, err := c.Read(ctx)
		if err != nil {
			return nil, err
		}
		answer, err = c.putSpec(ctx, snap, spec, run)
		return nil, err
	})
	return answer, err
}

// putSpec puts the job of a job file. It fails with a conflict if the job has changed since snap.
func (c *Control) putSpec(ctx context.Context, snap *state.Snapshot, spec *structs.JobSpec, run runToken) (*structs.JobPut, error) {
	earlier, err := run.find(snap, spec)
	if err != nil {
		return nil, err
	}
	if earlier != nil {
		return (&jobChange{present: earlier, next: earlier}).answer(), nil
	}
	change, err := c.changeJob(snap, spec, c.mintJobIDs(ctx), c.Now())
	if err != nil {
		return nil, err
	}
	for _, cmd := range change.commands {
		applied, err := c.config.Log.Apply(ctx, run.on(cmd))
		if err != nil {
			return nil, inJobWords(err)
		}
		if run.token != "" && applied.Key != change.next.ID {
			return nil, structs.Errorf(structs.KindConflict, "The client token was used by another request at the same time.")
		}
	}
	answer, now := change.answer(), c.config.Store.Snapshot()
	if job := now.Job(change.next.ID); job != nil {
		answer.TaskDefinition = job.TaskDefinition // the log assigns the revision
	}
	answer.URLs = urls(now, change.next)
	return answer, nil
}

// answer returns the answer for a change.
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

// maxToken is ECS's limit for RunTask's clientToken, in bytes.
const maxToken = 64

// runToken makes submitting a batch job idempotent. The zero value has no effect.
type runToken struct{ token, hash string }

// newRunToken returns the token of a batch job. Other jobs get the zero value: for them the same
// file changes nothing anyway.
func newRunToken(spec *structs.JobSpec, token string) (runToken, error) {
	switch {
	case len(token) > maxToken:
		return runToken{}, structs.Errorf(structs.KindInvalidParameter, "clientToken: it has %d bytes; give at most %d", len(token), maxToken)
	case token == "" || spec.Type != structs.JobBatch:
		return runToken{}, nil
	}
	hash, err := RequestHash(spec)
	return runToken{token: "batch/" + token, hash: hash}, err // separate from RunTask's tokens
}

// find returns the run that was started with the token; nil if there is none.
func (r runToken) find(snap *state.Snapshot, spec *structs.JobSpec) (*structs.Job, error) {
	if r.token == "" {
		return nil, nil
	}
	earlier := snap.JobByToken(spec.Cluster, r.token)
	if earlier != nil && earlier.RequestHash != r.hash {
		return nil, structs.Errorf(structs.KindConflict, "clientToken: another file was put with it before; give each its own")
	}
	return earlier, nil
}

// on returns the command with the token set.
func (r runToken) on(cmd structs.Command) structs.Command {
	if put, ok := cmd.(structs.PutJob); ok && r.token != "" {
		put.Job.ClientToken, put.Job.RequestHash = r.token, r.hash
		return put
	}
	return cmd
}
