package state

import "github.com/gantry-project/gantry/structs"

// JobOf returns the job of a task as it was when the task was made: a service may have another
// capacity or network by now, and a task set has its own. If that version is no longer known it is
// the present one; nil if the job is not known either.
func (s *Snapshot) JobOf(t *structs.Task) *structs.Job {
	job := s.Job(t.Job)
	if job == nil || job.Service == nil {
		return job
	}
	d := s.Deployment(t.StartedBy)
	switch {
	case d == nil:
		return job
	case d.TaskSet != nil:
		return d.TaskSet.Of(job)
	}
	if version := s.JobVersion(d.Job, d.JobVersion); version != nil {
		return version
	}
	return job
}
